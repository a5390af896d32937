import { isPresent } from "./delivery.ts";
import type { Delivery, Gate } from "./delivery.ts";
import type { Deploy } from "./deploys.ts";
import { mayTest } from "./may-test.ts";
import type { Purpose } from "./evidence-table.ts";
import { isStage } from "./evidence.ts";
import type { Evidence } from "./evidence.ts";
import { isLostJob, SEEN } from "./lost-job.ts";
import { rank } from "./rank.ts";
import type { Standing } from "./gates.ts";
import type { Job } from "./model.ts";

/** A test that no longer does what it did, before a deploy or, without `deploy`, in the checks of pull requests. */
export interface Weakening {
  /** `gone`: no test of its kind is left; `weakened`: it, or its kind, is there and stops less. */
  readonly kind: "gone" | "weakened";
  readonly purpose: Purpose;
  readonly deploy?: { readonly before: Deploy; readonly after: Deploy };
  readonly before: Evidence;
  /** The same test in head; absent where it is gone. */
  readonly after?: Evidence;
  readonly was: Standing;
  readonly is: Standing;
}

export interface Change {
  readonly before: Delivery;
  readonly after: Delivery;
}

/** Which test of head each test of base became. */
type Pairs = ReadonlyMap<Evidence, Evidence>;

/** All tests that this change weakens or drops. What was always missing is not among them. */
export function weakenings(change: Change): Weakening[] {
  const pairs = pairEvidence(change);
  const onDeploys = deployPairs(change).flatMap((deploy) => beforeDeploy(change, pairs, deploy));
  const told = new Set(onDeploys.map(({ before }) => before));
  const inChecks = [...change.before.checks].flatMap(([evidence, was]) => {
    return told.has(evidence) ? [] : inPullRequests(change, pairs, { evidence, was });
  });
  return [...onDeploys, ...inChecks];
}

const jobKey = ({ pipeline, job }: Evidence): string => `${pipeline.id}#${job.key}`;

/** From the surest sign that two tests are the same to the weakest. */
const SIGNS: readonly ((evidence: Evidence) => string)[] = [
  (evidence) => `${evidence.purpose} ${jobKey(evidence)} ${evidence.text}`,
  ({ purpose, pipeline, job, text }) => `${purpose} ${pipeline.id} ${job.root} ${text}`,
  ({ purpose, pipeline, job, text }) => `${purpose} ${pipeline.path} ${job.root} ${text}`,
  ({ purpose, job, text }) => `${purpose} ${job.id.toLowerCase()} ${text}`,
  ({ purpose, text }) => `${purpose} ${text}`,
  // What a load test is for turns with the limits that its file sets.
  (evidence) => `${jobKey(evidence)} ${evidence.tool} ${evidence.text}`,
  (evidence) => `${evidence.purpose} ${jobKey(evidence)} ${evidence.tool}`,
  (evidence) => `${evidence.purpose} ${jobKey(evidence)}`,
  ({ purpose, job, tool }) => `${purpose} ${job.id.toLowerCase()} ${tool}`,
];

/** Pairs the tests of two sides. A test keeps its identity when its job is renamed, moved or called. */
export function pairEvidence({ before, after }: Change): Pairs {
  const pairs = new Map<Evidence, Evidence>();
  const left = new Set(present(after));
  for (const sign of SIGNS) {
    const open = Map.groupBy(left, sign);
    for (const evidence of present(before)) {
      if (pairs.has(evidence)) continue;
      const match = open.get(sign(evidence))?.shift();
      if (!match) continue;
      pairs.set(evidence, match);
      left.delete(match);
    }
  }
  return pairs;
}

/** Tests, and the rehearsals that the gates speak of. */
function present({ evidence, gates }: Delivery): Evidence[] {
  const rehearsals = gates.flatMap((gate) => (gate.evidence.purpose === "staging" ? [gate.evidence] : []));
  return [...evidence.filter(isPresent), ...new Set(rehearsals)];
}

interface DeployPair {
  readonly before: Deploy;
  readonly after: Deploy;
}

/** The production deploys that both sides have: by file and job, else by the job's name, else by what they run. */
export function deployPairs({ before, after }: Change): DeployPair[] {
  const left = new Set(after.production);
  const pairs: DeployPair[] = [];
  const signs: ((deploy: Deploy) => string)[] = [
    ({ pipeline, ref }) => `${pipeline.id} ${ref}`.toLowerCase(),
    ({ ref }) => ref.toLowerCase(),
    ({ root }) => root.id.toLowerCase(),
    ({ points }) => points.map(({ text }) => text).join("\n"),
  ];
  for (const sign of signs) {
    for (const deploy of before.production) {
      if (pairs.some((pair) => pair.before === deploy)) continue;
      const match = [...left].find((candidate) => sign(candidate) === sign(deploy));
      if (!match) continue;
      left.delete(match);
      pairs.push({ before: deploy, after: match });
    }
  }
  const [only, ...more] = before.production.filter((deploy) => !pairs.some((pair) => pair.before === deploy));
  const [rest] = left;
  // What is left alone on both sides, in one file, took the other's place.
  if (only && rest && more.length === 0 && left.size === 1 && only.pipeline.path === rest.pipeline.path) {
    pairs.push({ before: only, after: rest });
  }
  return pairs;
}

/** A verdict from which a test can sink: it stopped the deploy, at least unless somebody helped. */
const GATES = new Set(["required", "required-external", "skippable", "bypassable"]);

function beforeDeploy(change: Change, pairs: Pairs, deploy: DeployPair): Weakening[] {
  const was = change.before.gates.filter((gate) => gate.deploy === deploy.before);
  const is = change.after.gates.filter((gate) => gate.deploy === deploy.after);
  return was.flatMap((gate): Weakening[] => {
    const { evidence } = gate;
    if (!counts(evidence.purpose)) return [];
    const match = pairs.get(evidence);
    const found = is.find((candidate) => candidate.evidence === match);
    const sunk = found ? sinking(gate, found, change) : undefined;
    if (found && !sunk) return [];
    const pairedWith = new Set(pairs.values());
    const same = is.filter((candidate) => candidate.evidence.purpose === evidence.purpose);
    const others = same.filter((candidate) => candidate !== found);
    // A kept test needs a new one beside it to be replaced; of a dropped one, its kind must still stand.
    const instead = found ? others.filter((candidate) => !pairedWith.has(candidate.evidence)) : others;
    const level = rank((sunk?.was ?? gate.worst).verdict);
    if (instead.some(({ worst }) => rank(worst.verdict) <= level))
      return match ? [] : lostJob(change, gate, deploy);
    if (found && sunk)
      return [
        {
          kind: "weakened",
          purpose: evidence.purpose,
          deploy,
          before: evidence,
          after: found.evidence,
          ...sunk,
        },
      ];
    return dropped(change, { gate, deploy, left: same });
  });
}

/** A whole job that gated a deploy is gone, and what is left of its kind is another tool's: less is tested. */
function lostJob(change: Change, { evidence, worst: was }: Gate, deploy: DeployPair): Weakening[] {
  const { purpose } = evidence;
  if (was.verdict !== "required" || !isStage(purpose)) return [];
  if (mayHaveMoved(change, evidence) || !isLostJob(change, evidence)) return [];
  const is = { verdict: "absent", reason: "is gone", scenario: was.scenario } as const;
  return [{ kind: "weakened", purpose, deploy, before: evidence, was, is }];
}

/** What a gate speaks for: the seven stages, and the rehearsal on staging. */
const counts = (purpose: Purpose): boolean => isStage(purpose) || purpose === "staging";

/** How a gate sank: over all, or in a scenario that both sides have. */
function sinking(before: Gate, after: Gate, change: Change): { was: Standing; is: Standing } | undefined {
  const pairs = before.standings.flatMap((was) => {
    const is = after.standings.find(({ scenario }) => scenario === was.scenario);
    return is ? [{ was, is }] : [];
  });
  return [...pairs, { was: before.worst, is: after.worst }]
    .filter(({ was, is }) => GATES.has(was.verdict) && !/^(unknown|required-external)$/.test(is.verdict))
    .filter(({ was, is }) => !isRenamed(was, is, change.after.early.has(after.evidence)))
    .find(({ was, is }) => rank(is.verdict) > rank(was.verdict));
}

/** It still runs before merges, under a name that no rule knows: that is said where the rules wait for the old one. */
const isRenamed = (was: Standing, is: Standing, early: boolean): boolean =>
  was.verdict === "required-external" && is.verdict === "unlinked" && early;

function dropped(
  change: Change,
  {
    gate,
    deploy,
    left,
  }: { readonly gate: Gate; readonly deploy: DeployPair; readonly left: readonly Gate[] },
): Weakening[] {
  const was = gate.standings.find(({ verdict }) => GATES.has(verdict)) ?? gate.worst;
  if (!GATES.has(was.verdict) || mayHaveMoved(change, gate.evidence)) return [];
  if (left.some((other) => isUntold(other, change.before))) return [];
  const base = { purpose: gate.evidence.purpose, deploy, before: gate.evidence, was };
  const [rest] = left.toSorted((a, b) => rank(a.worst.verdict) - rank(b.worst.verdict));
  if (!rest)
    return [{ kind: "gone", ...base, is: { verdict: "absent", reason: "is gone", scenario: was.scenario } }];
  return [{ kind: "weakened", ...base, is: rest.worst }];
}

/** A test that is new and may stop the deploy, as far as its files tell, may be the one that is missing. */
const isUntold = ({ evidence: { text }, worst }: Gate, { evidence }: Delivery): boolean =>
  worst.verdict === "unknown" && !evidence.some((item) => item.text === text);

/** A call, an action or another CI system that is new and was not read may hold the test now. */
function mayHaveMoved({ before, after }: Change, { purpose, job }: Evidence): boolean {
  const known = new Set(before.opaque);
  if (after.opaque.some((target) => !known.has(target) && mayTest(target))) return true;
  if (after.unresolved.some((script) => !before.unresolved.includes(script))) return true;
  const old = new Set(before.evidence.filter((item) => item.purpose === purpose).map(jobKey));
  const perhaps = after.evidence.filter((item) => item.purpose === purpose && !isPresent(item));
  return perhaps.some(
    (item) => !old.has(jobKey(item)) || (item.job.key === job.key && doesSomethingNew(job, item.job)),
  );
}

const SET_UP = /\b(install|setup|checkout|cache|upload|download|build|echo|login)\b/;

/** The command is there, and told to leave its tests out. */
const LEFT_OUT = /-DskipTests|-Dmaven\.test\.skip| (-x|--exclude-task) \S*[tT]est|--collect-only|--listTests/;

/** Whether a job that is still named after its tests has a step that may be the tests in another form. */
function doesSomethingNew(before: Job, after: Job): boolean {
  const does = ({ steps }: Job): string[] =>
    steps.map(({ run, uses }) => run ?? (uses ?? "").replace(/@.*$/s, ""));
  const old = new Set(does(before));
  return does(after).some((text) => !old.has(text) && !SET_UP.test(text) && !LEFT_OUT.test(text));
}

interface Check {
  readonly evidence: Evidence;
  readonly was: Standing;
}

/** Tests that no deploy's gate speaks of are judged by what a push or a pull request sees. */
function inPullRequests(change: Change, pairs: Pairs, { evidence, was }: Check): Weakening[] {
  // What was not seen to fail for anything loses nothing.
  if (was.verdict !== "required" || evidence.unsure !== undefined) return [];
  const after = pairs.get(evidence);
  const is = after && change.after.checks.get(after);
  const sunk = after && is ? sunkCheck(change, pairs, { evidence, was, after, is }) : [];
  if (sunk.length > 0) return sunk;
  const { purpose } = evidence;
  if (!isStage(purpose)) return [];
  if (is ? !isLate(change, evidence, after) : mayHaveMoved(change, evidence)) return [];
  if (stands(change.after, evidence)) return late(change, { evidence, was }, after);
  if (is) return [];
  const gone = { verdict: "absent", reason: "is gone", scenario: was.scenario } as const;
  return [{ kind: "gone", purpose, before: evidence, was, is: gone }];
}

const isLate = ({ before, after: head }: Change, evidence: Evidence, after: Evidence | undefined): boolean =>
  before.early.has(evidence) && after !== undefined && !head.early.has(after);

/** A test that ran before merges, and whose kind runs only after them now. */
function late(
  { before, after: head }: Change,
  { evidence, was }: Check,
  after: Evidence | undefined,
): Weakening[] {
  const { purpose } = evidence;
  const early = [...head.early].some(
    (item) => item.purpose === purpose && head.checks.get(item)?.verdict === "required",
  );
  if (!before.early.has(evidence) || early) return [];
  const is = {
    verdict: "not-on-trigger",
    reason: "runs only after the merge",
    scenario: "a pull request",
  } as const;
  const base = { kind: "weakened", purpose, before: evidence, was, is } as const;
  return [after ? { ...base, after } : base];
}

interface Kept extends Check {
  readonly after: Evidence;
  readonly is: Standing;
}

function sunkCheck(change: Change, pairs: Pairs, { evidence, was, after, is }: Kept): Weakening[] {
  const { purpose } = evidence;
  if (is.verdict === "required" || replaced(change, pairs, purpose)) return [];
  // What no longer runs by itself is a loss only where nothing else of its kind does.
  if (is.verdict === "capability" && (!isStage(purpose) || stands(change.after, evidence))) return [];
  return [{ kind: "weakened", purpose, before: evidence, after, was, is }];
}

/** Whether a test of the same kind still turns the checks red. A script's name does not stand in for tests that were seen. */
const stands = ({ checks }: Delivery, { purpose, confidence }: Evidence): boolean =>
  [...checks].some(
    ([other, { verdict }]) =>
      other.purpose === purpose && verdict === "required" && other.confidence >= Math.min(confidence, SEEN),
  );

/** Whether a test of this kind is new, and turns the checks red. */
function replaced({ after }: Change, pairs: Pairs, purpose: Purpose): boolean {
  const old = new Set(pairs.values());
  return [...after.checks].some(
    ([evidence, { verdict }]) => evidence.purpose === purpose && verdict === "required" && !old.has(evidence),
  );
}
