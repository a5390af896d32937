import type { KeyObject } from "node:crypto";
import type { Calls } from "./http/calls.ts";
import type { Faults } from "./http/faults.ts";
import type { RateLimits } from "./http/rate-limits.ts";
import type { Delivery, Installation, RepositoryState } from "./state.ts";
import type { Webhooks } from "./webhooks/send.ts";

export type Access = "read" | "write";
export type Permissions = Readonly<Record<string, Access>>;

export interface Settings {
  appId: number;
  slug: string;
  permissions: Permissions;
  events: readonly string[];
  latencyMs: number;
  /** Entries that a recursive tree lists before it says `truncated`. Source: REST docs, "Get a tree": 100,000. */
  treeEntries: number;
  /** Bytes of a tree's answer before it says `truncated`. Source: REST docs, "Get a tree": 7 MB. */
  treeBytes: number;
  /** Also send the events that the app's own writes cause, as GitHub does. */
  echo: boolean;
}

/** Everything that a route, a shape or a control may touch. */
export interface Host {
  readonly settings: Settings;
  /** The server's own address; known once it listens. */
  url: string;
  readonly publicKey: KeyObject;
  readonly repositories: Map<string, RepositoryState>;
  readonly installations: Map<string, Installation>;
  readonly users: Map<string, number>;
  readonly personalTokens: Map<string, string>;
  readonly deliveries: Delivery[];
  readonly calls: Calls;
  readonly faults: Faults;
  readonly rateLimits: RateLimits;
  readonly webhooks: Webhooks;
  /** Milliseconds by the injected clock. */
  now(): number;
  /** Ids grow, so that "newest" and "highest id" agree. */
  nextId(): number;
}

/** The injected clock's time as the API writes it: whole seconds, UTC. */
export const timestamp = (host: Host, at = host.now()): string =>
  new Date(at).toISOString().replace(/\.\d+Z$/, "Z");

export const botLogin = (host: Host): string => `${host.settings.slug}[bot]`;

export const isBot = (login: string): boolean => login.endsWith("[bot]");

/** The id of a user, who exists from the first time that anyone names them. */
export function userId(host: Host, login: string): number {
  const key = login.toLowerCase();
  const id = host.users.get(key) ?? host.nextId();
  host.users.set(key, id);
  return id;
}

export function installationOf(host: Host, owner: string): Installation {
  const key = owner.toLowerCase();
  const known = host.installations.get(key);
  if (known) return known;
  const made = { id: host.nextId(), account: owner, createdAt: timestamp(host) };
  host.installations.set(key, made);
  return made;
}

export const findRepository = (host: Host, fullName: string): RepositoryState | undefined =>
  host.repositories.get(fullName.toLowerCase());
