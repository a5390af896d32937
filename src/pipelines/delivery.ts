import type { Facts, GateVerdict, Note, Side, StageCell, StageRow, Tree, Unit } from "../engine/types.ts";
import { readCluster } from "./cluster.ts";
import type { Cluster } from "./cluster.ts";
import { declaredTests, withAccepted } from "./declared.ts";
import { checksElsewhere } from "./declared-checks.ts";
import type { Declared } from "./declared.ts";
import { deployedBy } from "./deployed-folders.ts";
import { findDeploys, isThrowAway } from "./deploys.ts";
import type { Deploy } from "./deploys.ts";
import { findEvidence, isStage, PRESENT, readCommands } from "./evidence.ts";
import type { Evidence, JobCommands } from "./evidence.ts";
import { Judge } from "./gates.ts";
import { rank } from "./rank.ts";
import type { Standing } from "./gates.ts";
import { gitOpsDeploys } from "./gitops.ts";
import { openFiles, readGithubActions } from "./github-actions.ts";
import type { Files } from "./github-actions.ts";
import { onlyCalled } from "./model.ts";
import type { Job, Pipeline } from "./model.ts";
import { readOtherSystems } from "./other-systems.ts";
import { untestedPath } from "./path-filters.ts";
import { settings } from "./shell-variables.ts";
import { rowOf } from "./stage-rows.ts";
import { opaqueCalls, unresolvedScripts } from "./unseen.ts";

/** How one test stands before one production deploy. */
export interface Gate {
  readonly evidence: Evidence;
  readonly deploy: Deploy;
  /** The worst over all scenarios in which the deploy can happen. */
  readonly worst: Standing;
  readonly standings: readonly Standing[];
}

/** One place at which a stage exists in the repository, whatever it gates. */
export interface InventoryEntry extends StageCell {
  /** `file#job`. */
  readonly job: string;
  /** The deploys that cannot happen without it. */
  readonly gates: readonly string[];
}

/** The way to production of one side of a repository: its pipelines, its deploys, and what gates them. */
export interface Delivery {
  readonly side: Side;
  readonly pipelines: readonly Pipeline[];
  /** All deploys, of every tier. */
  readonly deploys: readonly Deploy[];
  /** Those that go to production. */
  readonly production: readonly Deploy[];
  readonly evidence: readonly Evidence[];
  readonly gates: readonly Gate[];
  /** How each test stands in the checks that pushes and pull requests see. */
  readonly checks: ReadonlyMap<Evidence, Standing>;
  /** The tests among them that run before a merge: on pull requests, or on pushes to their branches. */
  readonly early: ReadonlySet<Evidence>;
  /** The jobs before each deploy at which a person must let it go on. */
  readonly approvals: ReadonlyMap<Deploy, readonly Job[]>;
  /** What of the way to production stands in the manifests. */
  readonly cluster: Cluster;
  /** What was not read and may hold anything: calls elsewhere, other CI systems, broken files. */
  readonly opaque: readonly string[];
  /** Scripts that may run tests among other things, and were not found in the tree. */
  readonly unresolved: readonly string[];
  /** One row per production deploy; none where no production deploy was recognised. */
  readonly rows: readonly StageRow[];
  readonly inventory: readonly InventoryEntry[];
  readonly notes: readonly Note[];
  /** What is known beyond the files. */
  readonly facts: Facts;
  /** The files that were read. */
  readonly paths: readonly string[];
  /** A path's text, for exact edits. */
  readonly text: (path: string) => string | undefined;
}

/** What is known of a side beside its files. */
export interface Surroundings {
  /** What is deployed, rendered: tests stand in manifests too. */
  readonly units?: readonly Unit[];
}

/** Reads how one side of a repository tests and deploys. It never throws: what cannot be read ends in a note. */
export function readDelivery(
  tree: Tree,
  declared: Declared,
  side: Side,
  { units = [] }: Surroundings = {},
): Delivery {
  const files = openFiles(tree, side);
  const read = readPipelines(files, tree, declared);
  const pipelines = read.map(({ pipeline }) => pipeline);
  const jobs = read.flatMap((one) => one.jobs);
  const jobDeploys = bringing(deploysOf(read, declared), tree);
  const merged = bringing(gitOpsDeploys(tree, side), tree);
  const deploys = [...jobDeploys, ...merged];
  const evidence = read.flatMap(({ pipeline, jobs }) =>
    jobs.flatMap((job) => testsOf(pipeline, job, { tree, tests: declared.tests })),
  );
  const judge = new Judge(tree.facts ?? {}, pipelines);
  const reachable = productionOf(jobDeploys).filter((deploy) => judge.reaching(deploy).length > 0);
  const production = [...reachable, ...mergedToProduction(merged, reachable)];
  const gated = few([...evidence, ...rehearsals(jobDeploys, evidence)], production, judge);
  const paths = [...tree.files.keys()];
  const gates = production.flatMap((deploy) =>
    gated.flatMap((item) => gateOf(item, deploy, { judge, paths })),
  );
  const checks = new Map(evidence.filter(isPresent).map((item) => [item, judge.inChecks(item)]));
  const opaque = [...opaqueCalls(jobs), ...pipelines.flatMap((pipeline) => pipeline.opaque), ...files.unread];
  const ground = { production, evidence, gates, opaque };
  const named = checksElsewhere(declared.tests, pipelines, tree.facts?.rules);
  const throwAway = new Set(read.flatMap(({ jobs }) => jobs.filter(isThrowAway).map(({ job }) => job)));
  const cluster = readCluster(tree, side, units);
  const around = { ...ground, deploys, throwAway, judge, cluster, named };
  const perDeploy = Map.groupBy(gates, ({ deploy }) => deploy);
  return {
    side,
    pipelines,
    deploys,
    ...ground,
    checks,
    early: new Set([...checks.keys()].filter((item) => judge.isEarly(item))),
    approvals: new Map(deploys.map((deploy) => [deploy, judge.approvals(deploy)])),
    cluster,
    unresolved: unresolvedScripts(jobs),
    rows: production.map((deploy) => rowOf(deploy, { ...around, gates: perDeploy.get(deploy) ?? [] })),
    inventory: inventoryOf(evidence, gates, checks),
    notes: [
      ...files.notes,
      ...unreadSettings(tree.facts, pipelines),
      ...(judge.exhausted ? [tooMuch(pipelines)] : []),
    ],
    facts: tree.facts ?? {},
    paths,
    text: (path) => tree.files.get(path)?.text,
  };
}

/** A pipeline with the commands of its jobs. */
interface ReadPipeline {
  readonly pipeline: Pipeline;
  readonly jobs: readonly JobCommands[];
}

function readPipelines(files: Files, tree: Tree, { bypasses }: Declared): ReadPipeline[] {
  return [...readGithubActions(files), ...readOtherSystems(files)].map((written) => {
    const pipeline = withAccepted(written, bypasses);
    const bind = settings(pipeline, tree);
    return { pipeline, jobs: pipeline.jobs.map((job) => readCommands(job, tree, bind(job))) };
  });
}

/** A deploy that only others start is theirs, and gated there. */
const deploysOf = (read: readonly ReadPipeline[], declared: Declared): Deploy[] =>
  read
    .filter(({ pipeline }) => !onlyCalled(pipeline))
    .flatMap(({ pipeline, jobs }) => findDeploys(pipeline, jobs, declared.deploys));

const bringing = (deploys: readonly Deploy[], tree: Tree): Deploy[] =>
  deploys.map((deploy) => ({ ...deploy, brings: deployedBy(deploy, tree) }));

/** What a job tests: as its steps tell, and as the policy declares. */
function testsOf(
  pipeline: Pipeline,
  job: JobCommands,
  { tree, tests }: Pick<Declared, "tests"> & { readonly tree: Tree },
): Evidence[] {
  const told = findEvidence(pipeline, job, tree);
  return [...told, ...declaredTests(pipeline, job.job, { tests, told })];
}

/** Settings that could not be read: said once, where it matters. */
function unreadSettings(facts: Facts | undefined, pipelines: readonly Pipeline[]): Note[] {
  if (pipelines.length === 0) return [];
  return [facts?.rules, facts?.environments].flatMap((known) =>
    typeof known === "string"
      ? [{ path: "", message: `What GitHub requires is not known in full: ${known}.` }]
      : [],
  );
}

/** Whether evidence is sure enough to count as a test that is there. */
export const isPresent = ({ confidence }: Evidence): boolean => confidence >= PRESENT;

const tooMuch = (pipelines: readonly Pipeline[]): Note => ({
  path: pipelines[0]?.path ?? "",
  message: "The pipelines are too large to play through: what gates the deploys is unknown.",
});

/** What is named production; where nothing is, the deploys that no name sends elsewhere. */
function productionOf(deploys: readonly Deploy[]): Deploy[] {
  const named = deploys.filter(({ tier }) => tier === "production");
  return named.length > 0 ? named : deploys.filter(({ tier }) => tier === "unknown");
}

/** Of what controllers deploy, as of jobs; but what no name tells is production only where no job deploys there. */
function mergedToProduction(merged: readonly Deploy[], others: readonly Deploy[]): Deploy[] {
  return productionOf(merged).filter(({ named }) => named || others.length === 0);
}

/** A deploy to staging is a rehearsal: it gates production as a test does. What only tests the way back there is none. */
function rehearsals(deploys: readonly Deploy[], tests: readonly Evidence[]): Evidence[] {
  const back = new Set(tests.flatMap(({ purpose, job }) => (purpose === "rollback" ? [job] : [])));
  const staging = deploys.filter(({ tier }) => tier === "staging");
  const forward = staging.filter(({ points }) => !points.some(({ job }) => back.has(job)));
  return (forward.length > 0 ? forward : staging).flatMap(({ pipeline, points }) => {
    return points.map(({ job, step, mechanism, text, at }): Evidence => {
      const base = { purpose: "staging" as const, tool: mechanism, text, confidence: 0.8, pipeline, job, at };
      const own = job.steps[step];
      return own ? { ...base, step: own } : base;
    });
  });
}

/** More tests before deploys than this, each with each, are no repository that people work on. */
const PAIRS_AT_MOST = 50_000;

/** All tests; where they and the deploys are too many, one of each kind, of which it is said that they were. */
function few(tests: readonly Evidence[], production: readonly Deploy[], judge: Judge): readonly Evidence[] {
  if (tests.length * production.length <= PAIRS_AT_MOST) return tests;
  judge.giveUp();
  return [...new Map(tests.map((test) => [test.purpose, test])).values()];
}

function gateOf(
  evidence: Evidence,
  deploy: Deploy,
  { judge, paths }: { readonly judge: Judge; readonly paths: readonly string[] },
): Gate[] {
  if (!isPresent(evidence)) return [];
  const standings = byPaths(asTold(judge.standings(evidence, deploy), evidence), { evidence, deploy, paths });
  const worst = worstOf(standings);
  return worst ? [{ evidence, deploy, worst, standings }] : [];
}

/** The first of the worst. */
function worstOf(standings: readonly Standing[]): Standing | undefined {
  let [worst] = standings;
  for (const standing of standings)
    if (worst && rank(standing.verdict) > rank(worst.verdict)) worst = standing;
  return worst;
}

/** A test whose criterion is not seen may stop the deploy, or may not. */
function asTold(standings: readonly Standing[], { unsure }: Evidence): readonly Standing[] {
  if (unsure === undefined) return standings;
  return standings.map((standing) =>
    rank(standing.verdict) <= rank("bypassable")
      ? { ...standing, verdict: "unknown", reason: `stops it if it can fail: ${unsure}` }
      : standing,
  );
}

/** A test elsewhere that does not even start for all changes that the deploy starts for. */
function byPaths(
  standings: readonly Standing[],
  { evidence, deploy, paths }: Pick<Gate, "evidence" | "deploy"> & { readonly paths: readonly string[] },
): readonly Standing[] {
  if (!standings.some(isLoosePush)) return standings;
  const gap = untestedPath(evidence.pipeline, deploy.pipeline, paths);
  if (!gap) return standings;
  const reason = `does not run when only ${gap.shown} changes, and the deploy does`;
  return standings.map((standing) =>
    isLoosePush(standing) ? { ...standing, verdict: "not-on-trigger", reason } : standing,
  );
}

const isLoosePush = ({ verdict, scenario }: Standing): boolean =>
  verdict === "unlinked" && scenario.startsWith("a push to ");

function inventoryOf(
  evidence: readonly Evidence[],
  gates: readonly Gate[],
  checks: ReadonlyMap<Evidence, Standing>,
): InventoryEntry[] {
  const perTest = Map.groupBy(gates, (gate) => gate.evidence);
  return evidence.flatMap((item): InventoryEntry[] => {
    const { purpose, pipeline, job, at } = item;
    if (!isPresent(item) || !isStage(purpose)) return [];
    const required = (perTest.get(item) ?? []).filter(({ worst }) => worst.verdict === "required");
    const check = checks.get(item);
    const verdict: GateVerdict = required.length > 0 ? "required" : (check?.verdict ?? "capability");
    return [
      {
        stage: purpose,
        verdict,
        reason: `${item.tool} ${check?.reason ?? ""}`.trim(),
        at,
        job: `${pipeline.path}#${job.root}`,
        gates: [...new Set(required.map(({ deploy }) => deploy.ref))],
      },
    ];
  });
}
