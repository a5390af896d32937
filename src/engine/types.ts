/** The words of nines, as types. Plain data: nothing here does anything, and this file imports nothing. */

/* ---- What is read ---------------------------------------------------------------------------- */

/** The merge base, or the head of the pull request. */
export type Side = "base" | "head";

/** One file's content. Equal `sha` means equal content, so whatever was worked out of it can be shared. */
export interface Blob {
  readonly sha: string;
  readonly text: string;
}

/** A repository at one commit, cut down to the files that nines reads. */
export interface Tree {
  /** The commit's full name, or a label where there is no commit (an example, a working folder). */
  readonly commit: string;
  /** Path (with `/`, relative to the repository's root) to content. */
  readonly files: ReadonlyMap<string, Blob>;
  /** What should have been read and was not, with the reason. */
  readonly notes: readonly Note[];
  /** What the code host says beside the files; the same for both sides of a change. */
  readonly facts?: Facts;
}

/** Something that was not read or not judged. Shown in the report, never dropped. */
export interface Note {
  readonly path: string;
  /** 1-based; absent where the whole file, or no file, is meant. */
  readonly line?: number;
  /** What was not judged, why, and how to make it judgeable. */
  readonly message: string;
  /** The check run that shows it: absent for zero downtime. */
  readonly run?: CheckRunName;
}

/** A place in a source file. Lines and columns are 1-based; the end column is exclusive. */
export interface Location {
  readonly side: Side;
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** Offsets into a source text, in UTF-16 units; the end is exclusive. For a collection it ends with its last line. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A path into an object: `["spec", "ports", 0, "targetPort"]`. */
export type FieldPath = readonly (string | number)[];

/** A key that a mapping has more than once. */
export interface Repeat {
  readonly path: FieldPath;
  /** The offset at which the key stands first. */
  readonly first: number;
  /** Both are written with the same value, so that nothing is lost with the first. */
  readonly same: boolean;
}

/** JSON-like data of unknown shape: what a manifest holds. */
export type Json =
  string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined };

/* ---- What the code host knows ---------------------------------------------------------------- */

/** A check that must pass before a change is merged. */
export interface RequiredCheck {
  /** As it is shown on a commit, such as `test (1.22)` or `ci / test`. */
  readonly name: string;
  /** What demands it, in words: `the ruleset "main"`. */
  readonly by: string;
  /** The id of the app that must report it; any may where absent. */
  readonly app?: number;
}

/** What must be before a change is merged into a branch. */
export interface BranchRules {
  readonly branch: string;
  readonly checks: readonly RequiredCheck[];
  /** Whole workflows of this repository that must pass, by path. */
  readonly workflows: readonly { readonly path: string; readonly by: string }[];
  /** Whether changes are merged through a queue: its commits need the checks too. */
  readonly queue: boolean;
  /** Environments to which a change must have been deployed. */
  readonly deployments?: readonly { readonly environment: string; readonly by: string }[];
}

/** What stands before a deploy to an environment of the code host. */
export interface EnvironmentRules {
  readonly name: string;
  /** How many people or teams may let a deploy go on; 0 where nobody is asked. */
  readonly reviewers: number;
  readonly waitMinutes: number;
  /** Whether only certain branches may deploy to it. */
  readonly branches: boolean;
}

/** What the code host says about a change beyond its files. What is absent was not asked for. */
export interface Facts {
  /** A text says why they could not be read. */
  readonly rules?: BranchRules | string;
  readonly environments?: readonly EnvironmentRules[] | string;
  /** What the change itself says, where it is a pull request. */
  readonly request?: RequestWords;
  /** Checks that others reported on the head so far, whatever came of them. That one is missing proves nothing. */
  readonly ran?: readonly RanCheck[];
  /** Files of other repositories that pipelines call, by what is called. */
  readonly elsewhere?: ReadonlyMap<string, ElsewhereFile | string>;
}

/** A check that was reported on a commit. */
export interface RanCheck {
  readonly name: string;
  /** The id of the app that reported it. */
  readonly app: number;
}

/** Words of a pull request that reach the base branch when it is merged. */
export interface RequestWords {
  readonly branch: string;
  readonly title: string;
  /** The message of the last commit. */
  readonly message: string;
  readonly commits: number;
}

/** A file of another repository at a commit. */
export interface ElsewhereFile {
  readonly path: string;
  readonly commit: string;
  readonly blob: Blob;
}

/* ---- Kubernetes ------------------------------------------------------------------------------ */

export type Environment = "production" | "staging" | "development" | "unknown";

/** One Kubernetes object of a unit, with the position of each of its fields. */
export interface Manifest {
  /** `group/Kind/namespace/name`, without the version and with today's group for `extensions`, so that a new apiVersion still pairs. */
  readonly id: string;
  /** `Kind/namespace/name`, or `Kind/name` where no namespace is written: how people are told about it. */
  readonly ref: string;
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** Empty where the manifest does not say. */
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** The file whose lines `locate` speaks of. */
  readonly path: string;
  readonly object: Json;
  /** The value at a path, or undefined. */
  get(...path: FieldPath): Json | undefined;
  /** Where the field is written; its nearest written parent where it is absent; without a path, the object's name. */
  locate(...path: FieldPath): Location;
  /** Where the field's value begins and ends in `source`; undefined where the field is not written. */
  span(...path: FieldPath): Span | undefined;
  /** The text of the source file, for exact edits. */
  readonly source: string;
  /** Keys that are written more than once, of which the last one counts. */
  readonly repeats: readonly Repeat[];
}

/**
 * Values of a chart whose objects are not seen: it is not in the repository, or could not be rendered. They can only be
 * judged by the usual meaning of their keys. Whoever they are for is the subject: a release, a file, an object.
 */
export interface ValuesSet extends Subject {
  /** All layers merged, as Helm merges them. */
  readonly values: { readonly [key: string]: Json | undefined };
  /** Where a key is written, in the layer that decides it; its nearest written parent where it is absent. */
  readonly locate: (path: FieldPath) => Location;
  /** Keys that the policy translated: path of the usual key → how the file writes it. Paths are joined with dots. */
  readonly written?: ReadonlyMap<string, string>;
}

/** A key of a release's values that nothing of its chart reads, beside one that it reads. */
export interface UnreadValue extends Subject {
  /** The chart's folder. */
  readonly chart: string;
  readonly path: FieldPath;
  readonly at: Location;
  readonly value: Json;
  /** The name of the key beside it that the chart reads. */
  readonly meant: string;
  /** What that one is now: of the chart's defaults, or of files below. */
  readonly now: Json | undefined;
}

/** What could be read, or built, before the change and no longer can: the tool that deploys it fares no better. */
export interface Broken extends Subject {
  readonly at: Location;
  /** What the parser, or the tool that builds it, says of it. */
  readonly reason: string;
  /** The folder that it deploys, where that is gone. */
  readonly lost?: string;
}

/** A key that a file of values has more than once. */
export interface RepeatedValue extends Subject {
  readonly path: FieldPath;
  /** Where it stands last, and counts. */
  readonly at: Location;
  /** The line on which it stands first. */
  readonly first: number;
  /** See `Repeat.same`. */
  readonly same: boolean;
}

/** A key of charts whose meaning only their owners know, and the usual key that means the same. */
export interface ValuesKey {
  /** Dotted path in the values, from the root of a chart's values: `capacity.pods`. `*` stands for any one key. */
  readonly key: string;
  /** The usual key, in the same map: `replicaCount`. */
  readonly means: string;
}

/** Under which name and where a chart is installed, as the repository says it. */
export interface ReleaseIdentity {
  readonly tool: "argo" | "flux" | "helmfile";
  /** Empty where only an expansion would tell. */
  readonly name: string;
  /** Empty where nothing says it. */
  readonly namespace: string;
  /** Who says so: an Argo CD Application or a set of them, a Flux HelmRelease, a helmfile. */
  readonly subject: Subject;
  /** The same as an object; a helmfile is none. */
  readonly order?: Manifest;
  /** Argo CD: the Application's name, which a set of them makes. */
  readonly application?: string;
  /** Where it says each. */
  readonly locate: (part: "name" | "namespace") => Location;
}

/** What is deployed together: a folder of plain manifests, a kustomization, a chart with its values, … */
export interface Unit {
  /** The folder (or chart, or kustomization) that defines it; `.` for the repository's root. */
  readonly id: string;
  readonly environment: Environment;
  readonly manifests: readonly Manifest[];
  /** Of what is rendered: the files that it is made of and that the change touches. */
  readonly sources?: readonly string[];
  /** Values whose chart is not seen; where absent, those of the releases among its manifests (HelmRelease, Application, …). */
  readonly values?: readonly ValuesSet[];
  /** Keys that its files of values have more than once. */
  readonly repeats?: readonly RepeatedValue[];
  /** Keys of its values that were added to a chart that does not read them; on head only. */
  readonly unread?: readonly UnreadValue[];
  /** What of it this change made unreadable; on head only. */
  readonly broken?: readonly Broken[];
  /** Of a chart: the release that installs it, where that is known. */
  readonly release?: ReleaseIdentity;
  /** Objects are missing from it that are deployed with it: nobody can say that something is not there. */
  readonly incomplete?: boolean;
}

/** One side of a repository in the form in which it is deployed. */
export interface Rendering {
  readonly units: readonly Unit[];
  /** Units that the change does not touch and that name what it takes away. They are not judged themselves. */
  readonly witnesses?: readonly Unit[];
  readonly notes: readonly Note[];
}

/** What an organisation knows of its units that the files do not tell. */
export interface UnitRules {
  /** Folders, files and units that nobody deploys from here; `*` stands for any run of characters. */
  readonly exclude: readonly string[];
  /** First match wins. */
  readonly environments: readonly { readonly match: string; readonly environment: Environment }[];
  /** How charts of the repository are deployed, where no file says so. */
  readonly releases: readonly PolicyRelease[];
}

/** A chart of the repository with the values files with which it is deployed. */
export interface PolicyRelease {
  /** The chart's folder. */
  readonly chart: string;
  /** Paths of values files, from the repository's root; the last one wins. */
  readonly values: readonly string[];
  readonly environment?: Environment;
}

/** Turns two trees into units. Both come in together, for what is one unit must be the same on both sides. */
export type Render = (
  base: Tree,
  head: Tree,
  rules?: UnitRules,
) => Promise<{ base: Rendering; head: Rendering }>;

/** What the policy says about the cluster, where it says it. */
export interface Cluster {
  /** Minor version, such as `1.35`. */
  readonly version?: string;
  readonly nodes?: number;
  readonly zones?: number;
}

/* ---- Judgement ------------------------------------------------------------------------------- */

/**
 * `error`: the manifests prove that users lose service or data at the moment named.
 * `warning`: they make it likely, or cannot exclude it. `notice`: worth knowing.
 */
export type Severity = "error" | "warning" | "notice";

/** Most first. */
export const TIERS = ["critical", "standard", "best-effort"] as const;
/** How much depends on a workload. Severities follow it. */
export type Tier = (typeof TIERS)[number];

export type Standing = "introduced" | "worsened" | "existing" | "fixed";

export type Pillar =
  "redundancy" | "hot-swap" | "observability" | "testing" | "data" | "degradation" | "transition";

export const RUNS = ["zero-downtime", "test-stages"] as const;
/** The two check runs. A check belongs to `test-stages` if its pillar is `testing`, else to `zero-downtime`. */
export type CheckRunName = (typeof RUNS)[number];

/** An exact replacement of whole lines of a head file. */
export interface Suggestion {
  readonly path: string;
  /** First and last line that are replaced, 1-based, inclusive. */
  readonly line: number;
  readonly endLine: number;
  /** The new lines, without a newline at the end. */
  readonly text: string;
}

/** Whom a finding is about. */
export interface Subject {
  /** `Kind/namespace/name`, or `workflow-file#job`. Policies and waivers name it so. */
  readonly ref: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** What a check says. The engine adds the rest. */
export interface Problem {
  readonly subject: Subject;
  readonly at: Location;
  /** Where what is gone stood on base: a comment goes there if the diff does not show `at`. */
  readonly was?: Location;
  /** Who is hurt, when, with the two values, in the user's own names. One to three sentences. */
  readonly message: string;
  /** What tells two problems of one check about one subject apart (a container, a port). No counts, no lines. */
  readonly key?: string;
  /** For state checks: higher is worse. A higher measure than on base makes an existing finding `worsened`; without one, a higher `atMost` does. */
  readonly measure?: number;
  /** For state checks: not worth saying, but what comes of it later is not new. */
  readonly latent?: true;
  /** Checks whose new finding about the same subject and key only comes of this one: as `supersedes`, for this instance. */
  readonly covers?: readonly string[];
  /** The most that this instance proves, where it is less than what the check's severity says. */
  readonly atMost?: Severity;
  /** The safe way for this very case, in the user's own names; the check's general `fix` where absent. */
  readonly fix?: string;
  readonly suggestion?: Suggestion;
}

export interface Finding {
  readonly check: string;
  readonly title: string;
  readonly pillar: Pillar;
  readonly severity: Severity;
  readonly tier: Tier;
  readonly standing: Standing;
  readonly subject: Subject;
  /** All units in which it stands, sorted. Empty for pipelines. */
  readonly units: readonly string[];
  readonly environment: Environment;
  readonly at: Location;
  /** Where what is gone stood on base. */
  readonly was?: Location;
  readonly message: string;
  readonly fix: string;
  readonly suggestion?: Suggestion;
  /** 16 hex digits, made of check, unit, subject and key: it survives moved lines and changed counts. */
  readonly fingerprint: string;
  /** The waiver that accepts it, where one does. */
  readonly waiver?: Waiver;
}

/* ---- Availability ---------------------------------------------------------------------------- */

/** What happens to a workload. The last one: a node is lost while a new version rolls out. */
export type Disruption = "rollout" | "node-drain" | "node-loss" | "zone-loss" | "rollout-node-loss";

/** The least number of ready pods of a workload during each event. */
export interface Floors {
  /** Pods in normal service: the autoscaler's minimum where there is one, and no more than find a place. */
  readonly replicas: number;
  readonly events: Readonly<Record<Disruption, number>>;
  /** Events that never end, with the reason: a drain that a budget blocks, a rollout whose first new pod finds no place. */
  readonly stuck: Readonly<Partial<Record<Disruption, string>>>;
}

/**
 * What can be said of a workload with a pod on each node (a DaemonSet): on how many nodes at once it may be missing. A
 * drain leaves its pods alone, and a node that is lost needs none.
 */
export interface NodeFloors {
  /** Nodes without a ready pod while a new version rolls out: a number, or a share (`25%`) where nobody said how many nodes there are. */
  readonly lacking: number | string;
  /** Nodes of the cluster, where the policy says how many. */
  readonly nodes?: number;
}

/**
 * What can be said of members that an operator runs (a database, a queue): how many there are, and how many must stay
 * for the rest to serve. Their operator places them and guards them against drains, so no more is promised.
 */
export interface MemberFloors {
  readonly members: number;
  /** Fewer than these cannot serve; absent where other settings decide that. */
  readonly needed?: number;
}

export interface FloorRow {
  readonly workload: string;
  readonly unit: string;
  readonly tier: Tier;
  readonly served: boolean;
  readonly before?: Floors | NodeFloors | MemberFloors;
  readonly after?: Floors | NodeFloors | MemberFloors;
}

/* ---- Degradation ----------------------------------------------------------------------------- */

/** What can stand between a failed dependency and the user. `ejection`: a pod that fails is left out for a while. */
export const MEANS = ["retry", "timeout", "ejection", "fallback", "stale", "limit"] as const;
export type Means = (typeof MEANS)[number];

/** What stands there on one route to a critical workload, in the words of the files; nothing where a means is absent. */
export interface ProtectionRow {
  /** The route, or the Service where no route leads to it. */
  readonly route: string;
  readonly workload: string;
  readonly unit: string;
  /** Undefined where the route was not there. */
  readonly before?: Readonly<Partial<Record<Means, string>>>;
  readonly after: Readonly<Partial<Record<Means, string>>>;
}

/* ---- Test stages ----------------------------------------------------------------------------- */

/** The kinds of tests that must come before production, in the order in which they are shown. */
export const STAGES = [
  "unit",
  "acceptance",
  "performance",
  "stress",
  "rollback",
  "data-restore",
  "penetration",
] as const;
export type Stage = (typeof STAGES)[number];

/**
 * How a stage stands before a deploy, best first.
 * `required`: the deploy cannot happen unless the stage ran and passed. `required-external`: the same by a setting of
 * the repository, such as a ruleset that requires the check before a merge. `skippable`: it can happen if the stage was
 * skipped. `bypassable`: an input or label lets it happen. `not-on-trigger`: the stage does not run on an event that
 * deploys. `advisory`: the stage runs, and cannot block. `post`: it runs only after the deploy. `unlinked`: it exists
 * elsewhere, with no link in the files. `capability`: it runs by hand or on a schedule only. `absent`: there is none.
 * `unknown`: something on the way cannot be read.
 */
export type GateVerdict =
  | "required"
  | "required-external"
  | "skippable"
  | "bypassable"
  | "not-on-trigger"
  | "advisory"
  | "post"
  | "unlinked"
  | "capability"
  | "unknown"
  | "absent";

/** One cell of the stage table: one stage before one production deploy. */
export interface StageCell {
  readonly stage: Stage;
  readonly verdict: GateVerdict;
  /** Why, in words: the job and the link, or what is missing. */
  readonly reason: string;
  /** The test's place, where there is one. */
  readonly at?: Location;
}

/** One production deploy and what gates it. */
export interface StageRow {
  /** `file#job`. */
  readonly deploy: string;
  readonly environment: Environment;
  readonly at: Location;
  readonly cells: readonly StageCell[];
  /** How it is deployed, beside its tests. */
  readonly practices: readonly PracticeCell[];
  /** From what starts it to the deploy; each node stands after those that it follows. */
  readonly path: readonly PathNode[];
  /** What depends on the deploy, by the policy's tiers. */
  readonly tier?: Tier;
  /** What the policy demands of each stage before this deploy; the report's `demands` where absent. */
  readonly demands?: Readonly<Record<Stage, StageDemand>>;
}

/** What a good delivery does beside testing. */
export const PRACTICES = [
  "staging-first",
  "gradual",
  "tested-together",
  "waits-for-rollout",
  "rolls-back",
  "never-cancelled",
] as const;
export type Practice = (typeof PRACTICES)[number];

/** Whether a deploy follows a practice. Posture: shown in a table, and never a finding by itself. */
export interface PracticeCell {
  readonly practice: Practice;
  readonly kept: "yes" | "no" | "unknown";
  readonly reason: string;
}

/** One step on the way to production. */
export interface PathNode {
  /** Unique in its path. */
  readonly id: string;
  /** As the repository names it. */
  readonly name: string;
  /** `cluster`: what a controller tests in the cluster while it brings the version there. */
  readonly kind: "start" | "job" | "test" | "staging" | "approval" | "deploy" | "cluster";
  /** What it tests, for a test. */
  readonly stages: readonly Stage[];
  /** Whether its failure surely stops the deploy, for a test and for staging. */
  readonly gates: boolean;
  /** The nodes that end before it starts. */
  readonly after: readonly string[];
}

/** Where the staging unit of an application is not what its production unit is, in what would hide a failure. */
export interface Fidelity {
  readonly staging: string;
  readonly production: string;
  readonly differences: readonly FidelityDifference[];
}

export interface FidelityDifference {
  /** The object of the production unit. */
  readonly subject: string;
  /** What differs: `replicas`, `memory limit of web`. */
  readonly aspect: string;
  readonly staging: string;
  readonly production: string;
}

/** What the policy demands of a stage. */
export type StageDemand = "required" | "advised" | "off";

/** A stage's demand, and where and from when it holds. */
export interface StageRule {
  readonly demand: StageDemand;
  /** The tiers of deploys of which it is demanded; all where absent. For the others it is advised. */
  readonly tiers?: readonly Tier[];
  /** The first day on which `required` holds, `YYYY-MM-DD`; until then it is advised. */
  readonly from?: string;
}

/** A job, or a check of another system, that is the test of a stage though nothing in the files tells. */
export interface DeclaredTest {
  readonly stage: Stage;
  readonly workflow?: string | undefined;
  readonly job?: string | undefined;
  /** The check's name as commits show it, where no job is named. */
  readonly check?: string | undefined;
}

/** An input, by hand, that may let a deploy pass its tests by: a break-glass that the organisation accepts. */
export interface AcceptedBypass {
  readonly workflow: string;
  readonly input: string;
  readonly reason: string;
}

/* ---- Policy ---------------------------------------------------------------------------------- */

/** An accepted finding: shown, never hidden, and only until its day. */
export interface Waiver {
  readonly check: string;
  /** `Kind/namespace/name`; `*` stands for any run of characters. */
  readonly subject: string;
  /** The last day on which it holds, `YYYY-MM-DD`. */
  readonly until: string;
  readonly reason: string;
  readonly by: string;
}

/** Patterns that must all match; `*` stands for any run of characters. */
export interface TierMatch {
  readonly kind?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly environment?: Environment;
  readonly unit?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface CheckSetting {
  readonly severity: Severity | "off";
  /** The tiers for which it holds; all where absent. */
  readonly tiers?: readonly Tier[];
}

/** What an organisation and a repository decided, merged. */
export interface Policy {
  /** First match wins; no match means `standard`. */
  readonly tiers: readonly { readonly match: TierMatch; readonly tier: Tier }[];
  readonly checks: Readonly<Record<string, CheckSetting>>;
  readonly stages: Readonly<Record<Stage, StageRule>>;
  /** How production deploys look here, where it cannot be told. */
  readonly deploys: readonly { readonly workflow: string; readonly job: string }[];
  /** Which jobs are tests, where it cannot be told. */
  readonly tests: readonly DeclaredTest[];
  readonly bypasses: readonly AcceptedBypass[];
  readonly units: UnitRules;
  /** Keys of the organisation's own charts. */
  readonly values: readonly ValuesKey[];
  readonly cluster: Cluster;
  readonly waivers: readonly Waiver[];
  /** The least severity that becomes a line comment; `off` for none. */
  readonly comments: Severity | "off";
  /** What a review that could not be made concludes with. */
  readonly unverified: "failure" | "neutral";
  /** Today, `YYYY-MM-DD` (UTC): the judgement has no clock of its own. */
  readonly today: string;
}

/* ---- Report ---------------------------------------------------------------------------------- */

export type Verdict = "pass" | "warn" | "fail" | "unverified";

export interface Report {
  readonly version: 1;
  readonly base: string;
  readonly head: string;
  readonly verdicts: Readonly<Record<CheckRunName, Verdict>>;
  /** Worst first; introduced and worsened before existing before fixed. */
  readonly findings: readonly Finding[];
  readonly floors: readonly FloorRow[];
  /** Of critical workloads only, in units that the change touches. */
  readonly protections: readonly ProtectionRow[];
  readonly stages: readonly StageRow[];
  /** What the policy demands of each stage today, of the deploys of which it demands most. */
  readonly demands: Readonly<Record<Stage, StageDemand>>;
  /** Days from which a stage is required, `YYYY-MM-DD`, where that is still to come. */
  readonly upcoming?: Readonly<Partial<Record<Stage, string>>>;
  /** Of the applications that the change touches; of all, where it touches a pipeline. Posture: never a finding. */
  readonly fidelity: readonly Fidelity[];
  readonly notes: readonly Note[];
  /** What was looked at, so that "nothing to check" can be told from "nothing found". */
  readonly scope: { readonly manifests: number; readonly units: number; readonly pipelines: number };
}
