import type { Host } from "../host.ts";
import type { RepositoryState } from "../state.ts";
import type { Identity } from "./auth.ts";
import type { Body } from "./fields.ts";

export interface ApiRequest {
  host: Host;
  identity: Identity;
  params: Readonly<Record<string, string>>;
  query: URLSearchParams;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: Body;
  /** The address that was asked for, without its query: paging links are built on it. */
  address: string;
}

export interface Answer {
  status: number;
  /** Sent as JSON; bytes are sent as they are. */
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
}

export type Handler<Request> = (request: Request) => Answer | Promise<Answer>;
export type RepositoryRequest = ApiRequest & { repository: RepositoryState };

/** "checks:write": one permission of an installation token. */
export type Grant = `${string}:${"read" | "write"}`;

export type Route = { method: string; template: string } & (
  | { needs: "app" | "anyone"; handle: Handler<ApiRequest> }
  /** Any one of the grants is enough. */
  | { needs: readonly Grant[]; handle: Handler<RepositoryRequest> }
);

export const ok = (body: unknown, headers: Record<string, string> = {}): Answer => ({
  status: 200,
  body,
  headers,
});
export const created = (body: unknown): Answer => ({ status: 201, body });
export const noContent: Answer = { status: 204 };

/** A route below `/repos/{owner}/{repo}`. */
export function onRepository(
  route: string,
  needs: readonly Grant[],
  handle: Handler<RepositoryRequest>,
): Route {
  const [method = "", path = ""] = route.split(" ");
  return { method, template: `/repos/{owner}/{repo}${path}`, needs, handle };
}

/** Parameters that may hold slashes: file paths and names of branches. */
const GREEDY = new Set(["path", "ref", "basehead", "branch"]);

function patternOf(template: string): RegExp {
  const source = template.replace(
    /\{(\w+)\}/g,
    (_, name: string) => `(?<${name}>${GREEDY.has(name) ? ".+?" : "[^/]+"})`,
  );
  return new RegExp(`^${source}$`);
}

export interface Found {
  route: Route;
  params: Record<string, string>;
}

export interface Router {
  find(method: string, path: string): Found | undefined;
}

/** Routes are tried from the most literal template to the least, so `commits/{ref}` cannot hide `…/check-runs`. */
export function createRouter(routes: readonly Route[]): Router {
  const weight = ({ template }: Route): number => template.replace(/\{\w+\}/g, "").length;
  const table = routes
    .toSorted((a, b) => weight(b) - weight(a))
    .map((route) => ({ route, pattern: patternOf(route.template) }));
  return {
    find: (method, path) => {
      for (const { route, pattern } of table) {
        const match = route.method === method ? pattern.exec(path) : null;
        if (match) {
          const entries = Object.entries(match.groups ?? {});
          return { route, params: Object.fromEntries(entries.map(([k, v]) => [k, decodeURIComponent(v)])) };
        }
      }
      return undefined;
    },
  };
}
