import { createPublicKey } from "node:crypto";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Changes } from "./git/write.ts";
import { commitTo, createState, type NewRepository } from "./control/repository.ts";
import { handleOf, type Repository } from "./control/handle.ts";
import { defaultPrivateKey, personalToken } from "./control/keys.ts";
import { operationOf } from "./graphql/execute.ts";
import { findRepository, installationOf, type Access, type Host, type Settings } from "./host.ts";
import { createCalls, type Calls } from "./http/calls.ts";
import { createFaults, type Faults } from "./http/faults.ts";
import { createContract } from "./http/openapi.ts";
import { createRateLimits, type RateLimits } from "./http/rate-limits.ts";
import { createRouter } from "./http/router.ts";
import { createHttp, listen } from "./http/server.ts";
import { routes } from "./routes/index.ts";
import type { Delivery, Permission, RepositoryState } from "./state.ts";
import { view } from "./view/page.ts";
import { createWebhooks, TIMEOUT_MS, type Target, type Webhooks } from "./webhooks/send.ts";

export type { Call, Calls } from "./http/calls.ts";
export type { Fault, FaultMatch, FaultResponse, Faults } from "./http/faults.ts";
export type { RateLimit, RateLimits, Resource } from "./http/rate-limits.ts";
export type { Changes } from "./git/write.ts";
export type { NewRepository } from "./control/repository.ts";
export type { CommitOptions, Repository } from "./control/handle.ts";
export type { MergeGroup, NewPullRequest } from "./control/pulls.ts";
export type {
  Annotation,
  CheckAction,
  CheckRun,
  Comment,
  Conclusion,
  Delivery,
  Permission,
  PullRequest,
  Reaction,
  Review,
  ReviewComment,
} from "./state.ts";
export type { Target, Webhooks } from "./webhooks/send.ts";

export interface Options {
  webhook?: Target;
  appId?: number;
  /** The app's name in addresses; its bot is `slug[bot]`. */
  slug?: string;
  /** PEM; generated once for the process if not given. */
  privateKey?: string;
  /** Milliseconds since 1970; the expiry of installation tokens and the reset of limits follow it. */
  clock?: () => number;
  /** Added to every call. */
  latencyMs?: number;
  /** The first id; ids only grow. */
  seed?: number;
  /** Where the repositories are kept; without it a temporary folder, removed at the end. */
  directory?: string;
  port?: number;
  permissions?: Readonly<Record<string, Access>>;
  events?: readonly string[];
  treeEntries?: number;
  treeBytes?: number;
  /** Also send the events that the app's own writes cause. */
  echo?: boolean;
  /** Check every call and answer against OpenAPI: for the server's own tests. */
  validate?: boolean;
  webhookTimeoutMs?: number;
}

export interface GitHub {
  /** REST is at the root and under /api/v3, GraphQL at /graphql and /api/graphql. */
  readonly url: string;
  readonly appId: number;
  readonly slug: string;
  /** `slug[bot]`. */
  readonly botLogin: string;
  readonly privateKey: string;
  /** `webhooks.target` may be set later. */
  readonly webhooks: Webhooks;
  readonly deliveries: readonly Delivery[];
  readonly calls: Calls;
  readonly faults: Faults;
  readonly rateLimits: RateLimits;
  createRepository(fullName: string, files?: Changes, options?: NewRepository): Promise<Repository>;
  repository(fullName: string): Repository;
  /** The id of an account's installation of the app. */
  installation(account: string): number;
  /** A token that can read, and write what users can write. */
  personalToken(user: string): string;
  setPermission(fullName: string, user: string, permission: Permission): void;
  /** Stops everything and removes the temporary folder. */
  close(): Promise<void>;
}

/** What the app asks for when it is installed. */
const PERMISSIONS: Readonly<Record<string, Access>> = {
  checks: "write",
  contents: "read",
  issues: "read",
  merge_queues: "read",
  metadata: "read",
  pull_requests: "write",
};

const EVENTS = [
  "check_run",
  "check_suite",
  "issue_comment",
  "merge_group",
  "pull_request",
  "pull_request_review_comment",
  "push",
  "repository",
];

function settingsOf(options: Options): Settings {
  return {
    appId: options.appId ?? 1,
    slug: options.slug ?? "nines",
    permissions: options.permissions ?? PERMISSIONS,
    events: options.events ?? EVENTS,
    latencyMs: options.latencyMs ?? 0,
    treeEntries: options.treeEntries ?? 100_000,
    treeBytes: options.treeBytes ?? 7 * 1024 * 1024,
    echo: options.echo ?? false,
  };
}

function createHost(options: Options, privateKey: string): Host {
  const now = options.clock ?? Date.now;
  let lastId = options.seed ?? 1000;
  const host: Host = {
    settings: settingsOf(options),
    url: "http://127.0.0.1",
    publicKey: createPublicKey(privateKey),
    repositories: new Map(),
    installations: new Map(),
    users: new Map(),
    personalTokens: new Map(),
    deliveries: [],
    calls: createCalls(),
    faults: createFaults(),
    rateLimits: createRateLimits(now),
    webhooks: createWebhooks(() => host, options.webhook ?? null, options.webhookTimeoutMs ?? TIMEOUT_MS),
    now,
    nextId: () => ++lastId,
  };
  return host;
}

async function fill(host: Host, state: RepositoryState, files: Changes): Promise<Repository> {
  const commit = { branch: state.defaultBranch, changes: files, message: "Start", author: "octocat" };
  await commitTo(host, state, `refs/heads/${state.defaultBranch}`, commit);
  host.repositories.set(state.fullName.toLowerCase(), state);
  return handleOf(host, state);
}

function known(host: Host, fullName: string): Repository {
  const state = findRepository(host, fullName);
  if (!state) throw new Error(`There is no repository ${fullName}`);
  return handleOf(host, state);
}

/** A GitHub on this machine: real git below, GitHub's limits above. */
export async function startGitHub(options: Options = {}): Promise<GitHub> {
  const privateKey = options.privateKey ?? defaultPrivateKey();
  const host = createHost(options, privateKey);
  const root = options.directory ?? (await mkdtemp(join(tmpdir(), "github-server-")));
  await mkdir(root, { recursive: true });
  const server = createHttp(host, {
    router: createRouter(routes),
    contract: options.validate === true ? createContract() : null,
    view: (path) => view(host, path),
    operationOf,
  });
  host.url = await listen(server, options.port ?? 0);
  const close = async (): Promise<void> => {
    host.webhooks.stop();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await host.webhooks.idle();
    await Promise.all([...host.repositories.values()].map((state) => state.git.close()));
    if (options.directory === undefined) await rm(root, { recursive: true, force: true });
  };
  return {
    url: host.url,
    appId: host.settings.appId,
    slug: host.settings.slug,
    botLogin: `${host.settings.slug}[bot]`,
    privateKey,
    webhooks: host.webhooks,
    deliveries: host.deliveries,
    calls: host.calls,
    faults: host.faults,
    rateLimits: host.rateLimits,
    createRepository: async (fullName, files = {}, wanted = {}) =>
      fill(host, await createState(host, root, fullName, wanted), files),
    repository: (fullName) => known(host, fullName),
    installation: (account) => installationOf(host, account).id,
    personalToken: (user) => personalToken(host, user),
    setPermission: (fullName, user, permission) => known(host, fullName).setPermission(user, permission),
    close,
  };
}
