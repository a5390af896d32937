import type { Git } from "./git/git.ts";
import type { Side } from "./git/hunks.ts";

/** What the server remembers. Plain data: routes and controls change it, shapes turn it into answers. */

export type Permission = "admin" | "write" | "read" | "none";
export type CheckStatus = "queued" | "in_progress" | "completed";
export type Conclusion =
  "action_required" | "cancelled" | "failure" | "neutral" | "success" | "skipped" | "timed_out";

export interface Annotation {
  path: string;
  start_line: number;
  end_line: number;
  start_column: number | null;
  end_column: number | null;
  annotation_level: "notice" | "warning" | "failure";
  title: string | null;
  message: string;
  raw_details: string | null;
}

export interface CheckAction {
  label: string;
  description: string;
  identifier: string;
}

export interface CheckRun {
  id: number;
  name: string;
  head_sha: string;
  suiteId: number;
  status: CheckStatus;
  conclusion: Conclusion | null;
  external_id: string;
  details_url: string | null;
  started_at: string;
  completed_at: string | null;
  output: { title: string | null; summary: string | null; text: string | null };
  annotations: Annotation[];
  actions: CheckAction[];
}

export interface CheckSuite {
  id: number;
  sha: string;
  /** null when the commit is known here only through a fork. */
  branch: string | null;
  createdAt: string;
}

export interface Reaction {
  id: number;
  user: string;
  content: string;
  createdAt: string;
}

export interface Comment {
  id: number;
  number: number;
  user: string;
  body: string;
  createdAt: string;
  updatedAt: string;
  reactions: Reaction[];
  /** Set by minimizeComment. */
  minimized: string | null;
}

export interface ReviewComment extends Comment {
  reviewId: number | null;
  path: string;
  side: Side;
  /** null for a comment on the whole file. */
  line: number | null;
  startLine: number | null;
  startSide: Side | null;
  commit: string;
  diffHunk: string;
  position: number;
  inReplyTo: number | null;
  /** Of a thread's first comment. */
  resolvedBy: string | null;
}

export interface Review {
  id: number;
  number: number;
  user: string;
  body: string;
  state: "PENDING" | "COMMENTED" | "APPROVED" | "CHANGES_REQUESTED";
  commit: string;
  submittedAt: string | null;
}

export interface PullRequest {
  id: number;
  number: number;
  title: string;
  body: string;
  author: string;
  state: "open" | "closed";
  draft: boolean;
  base: string;
  /** The tip of the base branch when the pull request was last pushed to. */
  baseSha: string;
  head: string;
  headSha: string;
  /** Owner of the fork that the head is in; null for a branch of the same repository. */
  fork: string | null;
  createdAt: string;
  updatedAt: string;
  closedAt: string | null;
  /** Mergeability is computed in the background: null until the pull request was asked for once. */
  mergeableKnown: boolean;
}

/** One rule as the REST API writes it. */
export interface Rule {
  type: string;
  parameters?: Readonly<Record<string, unknown>>;
}

/** An active ruleset of the repository, for one branch. */
export interface Ruleset {
  id: number;
  name: string;
  branch: string;
  rules: readonly Rule[];
}

export interface Environment {
  id: number;
  name: string;
  reviewers: number;
  waitMinutes: number;
}

export interface RepositoryState {
  id: number;
  owner: string;
  name: string;
  fullName: string;
  private: boolean;
  defaultBranch: string;
  /** Whether the app's installation may see it. */
  installed: boolean;
  /** The status that answers every call once the repository is gone. */
  removed: 404 | 410 | 451 | null;
  removedCommits: Set<string>;
  git: Git;
  createdAt: string;
  /** Issues and pull requests share their numbers. */
  lastNumber: number;
  pulls: Map<number, PullRequest>;
  suites: Map<string, CheckSuite>;
  checkRuns: CheckRun[];
  /** What other apps reported, as far as their names go. */
  otherRuns: { readonly sha: string; readonly app: number; readonly name: string }[];
  issueComments: Comment[];
  reviews: Review[];
  reviewComments: ReviewComment[];
  permissions: Map<string, Permission>;
  rulesets: Ruleset[];
  /** Contexts that classic protection requires, by branch. */
  protection: Map<string, readonly string[]>;
  environments: Environment[];
}

export interface Installation {
  id: number;
  account: string;
  createdAt: string;
}

export interface Delivery {
  id: number;
  guid: string;
  deliveredAt: string;
  redelivery: boolean;
  durationSeconds: number;
  /** "OK", or what went wrong. */
  status: string;
  /** The target's status; 0 when there was no answer at all. */
  statusCode: number;
  event: string;
  action: string | null;
  installationId: number | null;
  repositoryId: number | null;
  payload: Readonly<Record<string, unknown>>;
}
