import { STAGES } from "../engine/types.ts";
import type { Stage, StageCell, StageRow } from "../engine/types.ts";
import { beginningOf } from "./beginnings.ts";
import { clusterCell, clusterNodes, gradualOf } from "./cluster.ts";
import type { Cluster } from "./cluster.ts";
import { checkCell } from "./declared-checks.ts";
import type { CheckGround } from "./declared-checks.ts";
import type { Delivery, Gate } from "./delivery.ts";
import { tierOfWords } from "./deploy-tiers.ts";
import type { Deploy } from "./deploys.ts";
import type { Evidence } from "./evidence.ts";
import type { Judge, Standing } from "./gates.ts";
import { comesFrom } from "./external-gate.ts";
import { isGitOps } from "./gitops.ts";
import type { Job } from "./model.ts";
import { pathOf } from "./path.ts";
import { practicesOf } from "./practices.ts";
import { rank } from "./rank.ts";
import type { Scenario } from "./scenarios.ts";

/** What a deploy's row is made of; the gates are its own. */
interface Ground extends Pick<Delivery, "evidence" | "gates" | "opaque" | "deploys"> {
  readonly throwAway: ReadonlySet<Job>;
  readonly judge: Judge;
  readonly cluster: Cluster;
  /** Checks that only the policy knows as tests, and the rules that may require them. */
  readonly named: CheckGround;
}

/** One production deploy with its seven stages, its practices and its path. */
export function rowOf(deploy: Deploy, ground: Ground): StageRow {
  const { gates, judge, cluster, named } = ground;
  const starts = judge.reaching(deploy);
  const cells = STAGES.map((stage) => {
    const others = [clusterCell(stage, deploy, cluster), checkCell(stage, starts, named)];
    return others.reduce<StageCell>(
      (best, cell) => (cell && rank(cell.verdict) < rank(best.verdict) ? cell : best),
      cellOf(stage, deploy, ground),
    );
  });
  const ancestors = (job: Job): ReadonlySet<string> => judge.ancestors(job, deploy.pipeline);
  const gradual = gradualOf(deploy, cluster) ?? (deploy.brings?.plain ? "" : undefined);
  const rehearsed = rehearsedBefore(starts, named);
  const practices = practicesOf(deploy, { ...ground, ancestors, gradual, rehearsed });
  const labels = starts.map(({ label }) => label);
  const path = [...pathOf(deploy, gates, labels), ...clusterNodes(deploy, cluster)];
  return { deploy: nameOf(deploy), environment: "production", at: deploy.root.at, cells, practices, path };
}

/** Whether nothing comes onto the branch that deploys before it was deployed to staging. */
function rehearsedBefore(starts: readonly Scenario[], { rules }: CheckGround): string | undefined {
  if (typeof rules !== "object" || !starts.every((start) => comesFrom(rules.branch, start))) return undefined;
  const staging = rules.deployments?.find(({ environment }) => tierOfWords(environment) === "staging");
  return staging && `a merge needs a deployment to ${staging.environment} (${staging.by})`;
}

/** What one controller deploys in many folders is one deploy, and named after the first. */
function nameOf({ ref, points, ...deploy }: Deploy): string {
  return isGitOps(deploy) && points.length > 1 ? `${ref} and ${points.length - 1} more` : ref;
}

function cellOf(
  stage: Stage,
  deploy: Deploy,
  { gates, evidence, opaque }: Pick<Ground, "gates" | "evidence" | "opaque">,
): StageCell {
  const own = gates.filter((gate) => gate.evidence.purpose === stage);
  const best = bestOverall(own);
  if (best) {
    const { evidence: test, standing } = best;
    return { stage, verdict: standing.verdict, reason: reasonOf(test, standing), at: test.at };
  }
  const perhaps = evidence.find(({ purpose }) => purpose === stage);
  if (perhaps) {
    const reason = `job ${perhaps.job.id} is named so; what it runs could not be told`;
    return { stage, verdict: "unknown", reason, at: perhaps.at };
  }
  const [first] = opaque;
  if (first !== undefined)
    return { stage, verdict: "unknown", reason: `none was found; ${first} was not read` };
  return { stage, verdict: "absent", reason: `none was found; ${beginningOf(stage, deploy)}` };
}

function reasonOf({ tool, job, pipeline }: Evidence, { reason, scenario }: Standing): string {
  const when = scenario === "" ? "" : ` (on ${scenario})`;
  const accepted = [...(pipeline.accepted ?? [])].map(
    ([input, why]) => `; the policy accepts the bypass by input ${input}: ${why}`,
  );
  return `${tool} in job ${job.id}${homeOf(job)} ${reason}${when}${accepted.join("")}`;
}

const homeOf = ({ home }: Job): string =>
  home ? ` (defined in ${home.name}${home.loose ? ", which can change without a change here" : ""})` : "";

/** In each scenario the best test counts; over the scenarios, the worst. */
function bestOverall(
  gates: readonly Gate[],
): { readonly evidence: Evidence; readonly standing: Standing } | undefined {
  const scenarios = new Set(gates.flatMap(({ standings }) => standings.map(({ scenario }) => scenario)));
  const best = [...scenarios].flatMap((scenario) => {
    const all = gates.flatMap(({ evidence, standings }) =>
      standings.filter((item) => item.scenario === scenario).map((standing) => ({ evidence, standing })),
    );
    return all.toSorted((a, b) => rank(a.standing.verdict) - rank(b.standing.verdict)).slice(0, 1);
  });
  return best.toSorted((a, b) => rank(b.standing.verdict) - rank(a.standing.verdict))[0];
}
