import type { Environment } from "../engine/types.ts";
import type { Job, Pipeline } from "./model.ts";

/** Where a deploy goes to. `preview` lives as long as a pull request. */
export type DeployTier = Environment | "preview";

const TIERS: readonly (readonly [DeployTier, RegExp])[] = [
  ["preview", /(^| )(review|preview|pr|ephemeral|feature|pull)( |$)/],
  [
    "staging",
    /(^| )(staging|stage|stg|preprod|preproduction|uat|tst|test|qa|acceptance|acc|sandbox|canary)( |$)|(^| )(pre|non|not) (prod|production)( |$)|(^| )nonprod( |$)/,
  ],
  ["production", /(^| )(prod|production|prd|live)( |$)/],
  ["development", /(^| )(dev|development|develop|integration)( |$)/],
];

/** Words of a name: `values-prod.yaml` and `deployProd` hold `prod`, `reproduce` does not. */
export function tierOfWords(text: string): DeployTier {
  const spaced = text.replaceAll(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
  const words = spaced.replaceAll(/[^a-z]+/g, " ");
  if (/(^| )(pre|non|not) prod/.test(words) || /(^| )(preprod|nonprod)/.test(words)) return "staging";
  const found = TIERS.filter(([, is]) => is.test(words)).map(([tier]) => tier);
  return found.includes("production") ? "production" : (found[0] ?? "unknown");
}

/** In a job's name, `test` is an environment only beside the word deploy: `test-and-deploy` goes elsewhere. */
function tierOfName(name: string): DeployTier {
  const words = ` ${name
    .replaceAll(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .replaceAll(/[^a-z]+/g, " ")} `;
  const beside =
    / deploys?( to)? (test|qa|acceptance|integration|review) | (test|qa|acceptance|integration|review) deploys? /;
  return tierOfWords(
    beside.test(words)
      ? words
      : words.replaceAll(/ (test|tests|qa|acceptance|integration|review|pr|pull)(?= )/g, " "),
  );
}

/** Where a job's command goes to: the environment's name tells most, then what the command aims at, then the job's own name. */
export function tierOf(job: Job, pipeline: Pipeline, text: string): DeployTier {
  const environments = (job.environment?.names ?? []).map(tierOfWords);
  if (environments.includes("production")) return "production";
  const root = pipeline.jobs.find(({ key }) => key === job.root.toLowerCase()) ?? job;
  const named = [...environments.slice(0, 1), ...targetTiers(root, text), ...nameTiers(job, root, pipeline)];
  return named.find((tier) => tier !== "unknown") ?? tierOfUnnamed(job, pipeline);
}

function targetTiers(root: Job, text: string): DeployTier[] {
  const given = Object.values(root.call?.arguments ?? {}).join(" ");
  return [targetOf(text), root.environment?.names.join(" ") ?? "", given].map(tierOfWords);
}

function nameTiers(job: Job, root: Job, { path }: Pipeline): DeployTier[] {
  const legs = job.legs.map(({ values }) => Object.values(values).join(" ")).join(" ");
  const file = (path.split("/").at(-1) ?? "").replace(/\.ya?ml$/, "");
  return [...[job.id, job.name, root.id, root.name].map(tierOfName), tierOfWords(legs), tierOfName(file)];
}

/** What a job that is named after its tests installs is there to be tested. */
function tierOfUnnamed({ id, name }: Job, pipeline: Pipeline): DeployTier {
  const tests = /(^|[^a-z])(tests?|e2e|ci)([^a-z]|$)/i.test(`${id} ${name}`);
  return tests || onlyPullRequests(pipeline) ? "preview" : "unknown";
}

const onlyPullRequests = ({ triggers }: Pipeline): boolean =>
  triggers.length > 0 &&
  triggers.every(({ event, types }) => /^pull_request/.test(event) && !types.includes("closed"));

/** What of a command says where it goes: not the paths of images, which may be named anything. */
const targetOf = (text: string): string =>
  text.replaceAll(/\S*(--set|--image|image:)\S*( \S+)?/g, " ").slice(0, 500);
