import type { Location } from "../engine/types.ts";
import type { Expr } from "./expressions.ts";
import type { Primitive } from "./yaml.ts";

/**
 * Pipelines of any CI system in one form. Each system has a reader (`github.ts` is the first) that ends here:
 * calls are expanded, inputs are put in, and everything that a finding may point at has its place.
 */
export interface Pipeline {
  readonly provider: Provider;
  readonly path: string;
  /** Tells the pipelines of one file apart, and is equal on both sides: the path, or the path and a name. */
  readonly id: string;
  readonly name: string;
  readonly triggers: readonly Trigger[];
  /** Where the triggers are written. */
  readonly triggersAt: Location;
  /** Calls expanded; a job stands after all that it needs. */
  readonly jobs: readonly Job[];
  readonly concurrency?: Concurrency;
  /** Defaults of the inputs with which it is started by hand. */
  readonly inputs: Readonly<Record<string, Primitive>>;
  /** Inputs, in lower case, that the policy lets pass tests by, with its reason: they count as not given. */
  readonly accepted?: ReadonlyMap<string, string>;
  /** Branch and tag names that its conditions ask for: they tell which scenarios are worth a look. */
  readonly refs: readonly string[];
  /** What it takes in and was not read: orbs, templates, shared libraries. */
  readonly opaque: readonly string[];
}

/** The CI systems that are read, and the controllers that deploy what is merged. */
export type Provider =
  | "github-actions"
  | "circleci"
  | "gitlab"
  | "azure"
  | "jenkins"
  | "travis"
  | "bitbucket"
  | "cloud-build"
  | "buildkite"
  | "drone"
  | "woodpecker"
  | "tekton"
  | "argo"
  | "argocd"
  | "flux";

/** What starts a pipeline. `event` is the CI system's own word: `push`, `pull_request`, `workflow_run`, … */
export interface Trigger {
  readonly event: string;
  readonly branches: readonly string[];
  readonly tags: readonly string[];
  readonly types: readonly string[];
  /** Whether `paths` or `paths-ignore` narrow it. */
  readonly paths: readonly string[];
  /** Where the last of them are written. */
  readonly pathsAt?: Location;
  /** Where `branches` or `branches-ignore` are written. */
  readonly branchesAt?: Location;
  /** Names of the pipelines whose end starts it. */
  readonly upstream: readonly string[];
  readonly at: Location;
}

export interface Condition {
  readonly text: string;
  readonly expr: Expr;
  readonly at: Location;
}

export interface Concurrency {
  readonly group: string;
  readonly cancels: boolean;
  readonly at: Location;
}

export interface Need {
  /** The key of the job that must end first. */
  readonly key: string;
  readonly id: string;
  readonly at: Location;
}

export interface Job {
  /** Unique in the pipeline, lower case; `caller/job` for a job of a called workflow. */
  readonly key: string;
  /** As it is written. */
  readonly id: string;
  /** The job of the entry file through which it runs: itself, or the outermost caller. */
  readonly root: string;
  readonly name: string;
  /** Where its id is written. */
  readonly at: Location;
  readonly needs: readonly Need[];
  /** Where the list of needs is written, key and value. */
  readonly needsAt?: Location;
  readonly condition?: Condition;
  readonly allowFailure?: Condition;
  /** The legs of a matrix that stands in the file; empty without a matrix, or where it is computed. */
  readonly legs: readonly Leg[];
  /** Whether the first leg that fails cancels those that still run, and where that is written. */
  readonly failFast?: { readonly on: boolean; readonly at: Location };
  readonly environment?: Environment;
  readonly concurrency?: Concurrency;
  /** How the CI system itself brings the version out step by step: `canary`, `rolling`. */
  readonly strategy?: string;
  readonly steps: readonly Step[];
  /** The key of the job that calls the workflow it belongs to. */
  readonly caller?: string;
  /** A person must let it go on. */
  readonly approval?: boolean;
  /** The file of another repository in which it is defined, and whether that can change without a change here. */
  readonly home?: { readonly name: string; readonly loose: boolean };
  /** It stands for a called workflow: its result is that of the jobs below it. */
  readonly call?: Call;
}

/** One run of a matrix job. */
export interface Leg {
  readonly values: Readonly<Record<string, Primitive>>;
  readonly at: Location;
}

export interface Environment {
  /** All names that it can have, inputs and matrix put in; what is not known stays as written. */
  readonly names: readonly string[];
  /** No deployment is recorded: whoever waits for one waits in vain. */
  readonly unrecorded?: true;
  readonly at: Location;
}

/** A call of something whose text may lie elsewhere. */
export interface Call {
  readonly target: string;
  /** The arguments, as texts. */
  readonly arguments: Readonly<Record<string, string>>;
  /** Whether the target was read. What was not may do anything. */
  readonly opaque: boolean;
}

export interface Step {
  readonly index: number;
  readonly id: string;
  readonly name: string;
  readonly run?: string;
  /** The line in which the first line of `run` stands; 1-based. */
  readonly runLine: number;
  readonly uses?: string;
  readonly arguments: Readonly<Record<string, string>>;
  readonly condition?: Condition;
  readonly allowFailure?: Condition;
  /** Whether its shell fails when any part of a pipe fails. */
  readonly pipefail: boolean;
  /** False where its shell goes on after a command that failed: `sh -c` without `-e`. */
  readonly errexit?: boolean;
  /** Whether its script is for a POSIX shell, the only one that is read. */
  readonly posix: boolean;
  readonly folder: string;
  /** It runs beside the steps after it. */
  readonly background: boolean;
  /** Of a step in the background: the index of the first step that starts only after it has ended well. */
  readonly joined?: number;
  /** A step in the background that is stopped before anything waits for it. */
  readonly cancelled?: boolean;
  /** It runs in the shell of the step before it, which may have ended. */
  readonly continues?: true;
  /** The variables that its shell is given by the files, of the whole pipeline and of its job too. */
  readonly variables?: Readonly<Record<string, string>>;
  /** What an expression of the CI system means in its script, arguments of a call put in. */
  readonly meaning?: (source: string) => Expr;
  /** The `uses` of a local action could not be read. */
  readonly opaque: boolean;
  readonly at: Location;
  /** The fields as they are written, for exact comparison of two sides. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Whether a pipeline never starts by an event of its own. */
export const onlyCalled = ({ triggers }: Pick<Pipeline, "triggers">): boolean =>
  triggers.every(({ event }) => event === "workflow_call");
