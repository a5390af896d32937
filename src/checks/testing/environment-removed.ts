import { changedDeploys, environmentOf } from "../../pipelines/deploy-changes.ts";
import type { DeployChange } from "../../pipelines/deploy-changes.ts";
import type { Delivery } from "../../pipelines/delivery.ts";
import { deploySubject, shown } from "../../pipelines/problems.ts";
import type { BranchRules, Facts, Problem } from "../../engine/types.ts";
import type { Environment, Job, Pipeline } from "../../pipelines/model.ts";
import { suggestBelow } from "../../pipelines/suggest-line.ts";
import { defineCheck, severities } from "../define.ts";

const FILE = ".github/workflows/deploy.yml";

const deploy = (job: string): Record<string, string> => ({
  [FILE]: `on:
  push: { branches: [main] }
jobs:
${job}`,
});
const STEPS = `    runs-on: ubuntu-latest
    steps:
      - run: kubectl apply -f k8s/production/
`;
const COMMIT = `    runs-on: ubuntu-latest
    steps:
      - run: git commit -am release && git push
`;
const GOOD = deploy(`  deploy-production:\n    environment: production\n${STEPS}`);
const CALLED = `on:
  workflow_call:
    inputs:
      environment: { type: string }
jobs:
  deploy:
    runs-on: ubuntu-latest
    environment: \${{ inputs.environment }}
    steps:
      - run: kubectl apply -f k8s/production/
`;
const call = (given: string, mark = ""): Record<string, string> => ({
  ...deploy(`  deploy-production:${mark}\n    uses: ./.github/workflows/apply.yml\n${given}`),
  ".github/workflows/apply.yml": CALLED,
});

const demanding = (environment: string): BranchRules => ({
  branch: "main",
  checks: [],
  workflows: [],
  queue: false,
  deployments: [{ environment, by: 'the ruleset "main"' }],
});
const SMOKE = {
  ".github/workflows/smoke.yml": `on: deployment_status
jobs:
  smoke:
    if: github.event.deployment_status.state == 'success'
    runs-on: ubuntu-latest
    steps:
      - run: npx playwright test
`,
};

export default defineCheck({
  id: "environment-removed",
  title: "A deploy no longer runs in its environment",
  pillar: "testing",
  kind: "pipelines",
  severity: severities("error", "error", "warning"),
  confidence: "certain",
  why: "Required reviewers, waiting times, branch rules and secrets belong to the environment, by its name. A deploy outside it starts at once, from any branch, with whatever secrets the repository holds.",
  fix: "Give the job that deploys its `environment` again; pass it on where the job is in a called workflow.",
  references: [
    "https://docs.github.com/en/actions/reference/workflows-and-actions/deployments-and-environments",
  ],
  unsafe: [
    {
      title: "the line is dropped",
      before: GOOD,
      after: deploy(`  deploy-production: # <- finding\n${STEPS}`),
    },
    {
      title: "the called workflow is not given it",
      before: call("    with: { environment: production }\n"),
      after: call("", " # <- finding"),
    },
    {
      title: "nothing but the environment said that the job deploys",
      before: deploy(`  deploy:\n    environment: production\n${COMMIT}`),
      after: deploy(`  deploy: # <- finding\n${COMMIT}`),
    },
    {
      title: "the environment has another name, to which no rule belongs",
      before: GOOD,
      after: deploy(`  deploy-production:\n    environment: production-eu # <- finding\n${STEPS}`),
    },
    {
      title: "the deployment is no longer recorded, and the smoke tests start by the record",
      before: { ...GOOD, ...SMOKE },
      after: {
        ...deploy(
          `  deploy-production:\n    environment: # <- finding\n      name: production\n      deployment: false\n${STEPS}`,
        ),
        ...SMOKE,
      },
    },
    {
      title: "the deployment is no longer recorded, and a merge needs the record",
      facts: { rules: demanding("production") },
      before: GOOD,
      after: deploy(
        `  deploy-production:\n    environment: # <- finding\n      name: production\n      deployment: false\n${STEPS}`,
      ),
    },
  ],
  safe: [
    {
      title: "the job moves to a called workflow, which is given the environment",
      before: GOOD,
      after: call("    with: { environment: production }\n"),
    },
    {
      title: "a URL is added to it",
      before: GOOD,
      after: deploy(
        `  deploy-production:\n    environment: { name: production, url: "https://shop.example" }\n${STEPS}`,
      ),
    },
    {
      title: "the deployment to another environment is what a merge needs",
      facts: { rules: demanding("staging") },
      before: GOOD,
      after: deploy(
        `  deploy-production:\n    environment: { name: production, deployment: false }\n${STEPS}`,
      ),
    },
    {
      title: "the deployment is no longer recorded, and nothing starts by the record",
      before: GOOD,
      after: deploy(
        `  deploy-production:\n    environment: { name: production, deployment: false }\n${STEPS}`,
      ),
    },
    {
      title: "there never was one",
      before: deploy(`  deploy-production:\n${STEPS}`),
      after: deploy(`  deploy-production:\n    timeout-minutes: 9\n${STEPS}`),
    },
  ],

  run: (change) => [
    ...changedDeploys(change).flatMap((deploy) => [
      ...problemOf(deploy, change.after),
      ...unrecorded(deploy, change.after),
    ]),
    ...unrecognised(change),
  ],
});

/** Some deploys are known by their environment only: without it, the job is there and looks like any other. */
function unrecognised({ before, after }: { readonly before: Delivery; readonly after: Delivery }): Problem[] {
  const kept = new Set(after.deploys.map(({ ref }) => ref.toLowerCase()));
  return before.production.flatMap((deploy): Problem[] => {
    const was = environmentOf(deploy);
    const home = after.pipelines.find(({ id }) => id === deploy.pipeline.id);
    const job = home?.jobs.find(({ key }) => key === deploy.root.key);
    const byEnvironment = deploy.points.every(({ mechanism }) => mechanism === "environment");
    if (!was || !job || job.environment || !byEnvironment || kept.has(deploy.ref.toLowerCase())) return [];
    const name = was.names.join(", ");
    const message = `${job.id} (${shown(job.at)}) no longer runs in the environment ${name}: ${lossOf(was.names, after.facts)} no longer stand before this job.`;
    return [
      {
        subject: deploySubject(deploy),
        at: job.at,
        message,
        fix: `Set \`environment: ${name}\` on ${job.id}.`,
        ...backOn(job, deploy.pipeline, { names: was.names, text: after.text }),
      },
    ];
  });
}

/** What belongs to an environment, as far as it is known. */
function lossOf(names: readonly string[], { environments }: Facts): string {
  const known =
    typeof environments === "object" ? environments.find(({ name }) => names.includes(name)) : undefined;
  if (!known) return "its reviewers, branch rules and secrets";
  const { reviewers, waitMinutes, branches } = known;
  return [
    ...(reviewers > 0 ? [`its ${reviewers} required ${reviewers === 1 ? "reviewer" : "reviewers"}`] : []),
    ...(waitMinutes > 0 ? [`its wait of ${waitMinutes} minutes`] : []),
    ...(branches ? ["its branch rules"] : []),
    "its secrets",
  ].join(", ");
}

/** Workflows that start when a deployment is recorded, in the environment's name. */
const BY_RECORD = /^(deployment|deployment_status)$/;

/** Reviewers and waiting times stay without a record; what asks for the record does not. */
function unrecorded({ before, after }: DeployChange, head: Delivery): Problem[] {
  const was = environmentOf(before);
  const is = environmentOf(after);
  const lost = is?.unrecorded && was && !was.unrecorded ? lostWith(is.names, head) : undefined;
  if (!is || lost === undefined) return [];
  const message = `${after.root.id} (${shown(after.root.at)}) no longer records its deployments to ${is.names.join(", ")}: ${lost}.`;
  const fix = "Remove `deployment: false`.";
  return [{ subject: deploySubject(after), at: is.at, message, fix, key: "deployment", atMost: "warning" }];
}

/** What asks for the record of a deployment. */
function lostWith(names: readonly string[], { pipelines, facts: { rules } }: Delivery): string | undefined {
  const demanded = typeof rules === "object" ? rules.deployments : undefined;
  const rule = demanded?.find(({ environment }) => names.includes(environment));
  if (rule) return `${rule.by} lets nothing be merged without one`;
  const waiting = pipelines.find(({ triggers }) => triggers.some(({ event }) => BY_RECORD.test(event)));
  return waiting && `${waiting.path}, which starts when one is recorded, no longer starts after it`;
}

/** The line that is missing, on a job that may have it: one that calls a workflow may not. */
function backOn(
  job: Job,
  { provider }: Pipeline,
  { names, text }: Pick<Environment, "names"> & Pick<Delivery, "text">,
): Pick<Problem, "suggestion"> {
  const [name = "", ...more] = names;
  if (provider !== "github-actions" || job.call || more.length > 0 || !/^[\w-]+$/.test(name)) return {};
  const suggestion = suggestBelow(job.at, `environment: ${name}`, text);
  return suggestion ? { suggestion } : {};
}

function problemOf({ before, after }: DeployChange, head: Delivery): Problem[] {
  const was = environmentOf(before);
  if (!was || before.tier === "preview" || after.root.call?.opaque) return [];
  const is = environmentOf(after);
  const name = was.names.join(", ");
  const subject = deploySubject(after);
  const deploys = `${after.root.id} (${shown(after.root.at)})`;
  const most = before.tier === "production" ? {} : ({ atMost: "notice" } as const);
  if (!is) {
    const message = `${deploys} no longer runs in the environment ${name}: ${lossOf(was.names, head.facts)} no longer stand before this deploy.`;
    return [
      {
        subject,
        at: after.root.at,
        message,
        fix: `Set \`environment: ${name}\` on the job that deploys.`,
        ...backOn(after.root, after.pipeline, { names: was.names, text: head.text }),
        ...most,
      },
    ];
  }
  if (isOpen(was.names) || isOpen(is.names) || was.names.some((item) => is.names.includes(item))) return [];
  const message = `${deploys} moves from the environment ${name} to ${is.names.join(", ")}. Reviewers, branch rules and secrets belong to the name: those of ${name} no longer apply.`;
  const fix = `Keep the name ${name}, or set the same rules on ${is.names.join(", ")} before merging.`;
  return [
    { subject, at: is.at, message, fix, ...(before.tier === "production" ? { atMost: "warning" } : most) },
  ];
}

/** Names that hold an expression may be anything. */
const isOpen = (names: readonly string[]): boolean => names.some((name) => name.includes("${{"));
