import { findRepository, type Host } from "../host.ts";
import type { RepositoryState } from "../state.ts";
import { canSee, isCovered, permissionOf, type Identity } from "./auth.ts";
import { forbidden, HttpError, notFound, unauthorized } from "./errors.ts";
import type { ApiRequest, Answer, Grant, Route } from "./router.ts";

/** The repository that a call names, if the caller may know of it. */
export function visibleRepository(host: Host, identity: Identity, fullName: string): RepositoryState {
  const repository = findRepository(host, fullName);
  if (!repository || !canSee(identity, repository)) throw notFound();
  if (repository.removed !== null)
    throw new HttpError(repository.removed, { message: repository.removed === 404 ? "Not Found" : "Gone" });
  return repository;
}

function holds(identity: Identity & { kind: "installation" }, grant: Grant): boolean {
  const [name = "", access = ""] = grant.split(":");
  const held = identity.permissions[name];
  return held === "write" || (held === "read" && access === "read");
}

function userMay(repository: RepositoryState, login: string, grants: readonly Grant[]): boolean {
  if (grants.every((grant) => grant.endsWith(":read"))) return true;
  const permission = permissionOf(repository, login);
  // Anyone who can read may comment; content needs write.
  if (grants.some((grant) => /^(issues|pull_requests):/.test(grant))) return permission !== "none";
  return permission === "write" || permission === "admin";
}

export function demand(identity: Identity, repository: RepositoryState, grants: readonly Grant[]): void {
  if (identity.kind === "user") {
    // Source: REST docs, "Create a check run": only a GitHub App can write checks.
    if (grants.includes("checks:write")) throw forbidden("You must authenticate via a GitHub App.");
    if (!userMay(repository, identity.login, grants))
      throw forbidden("Resource not accessible by personal access token");
  }
  if (identity.kind !== "installation") return;
  if (!isCovered(identity, repository) && grants.some((grant) => grant.endsWith(":write"))) throw forbidden();
  if (!grants.some((grant) => holds(identity, grant))) throw forbidden();
}

/** Runs a route's handler once the caller has shown that it may. */
export function carryOut(route: Route, request: ApiRequest): Answer | Promise<Answer> {
  if (route.needs === "app") {
    if (request.identity.kind !== "app") throw unauthorized("A JSON web token could not be decoded");
    return route.handle(request);
  }
  if (route.needs === "anyone") return route.handle(request);
  const fullName = `${request.params["owner"] ?? ""}/${request.params["repo"] ?? ""}`;
  const repository = visibleRepository(request.host, request.identity, fullName);
  demand(request.identity, repository, route.needs);
  return route.handle({ ...request, repository });
}

/** Who a write is by: the app's bot, or the user of a personal token. */
export function actor(request: ApiRequest): string {
  const { identity, host } = request;
  return identity.kind === "user" ? identity.login : `${host.settings.slug}[bot]`;
}
