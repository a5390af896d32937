import { findRepository, installationOf, timestamp, type Host, type Permissions } from "../host.ts";
import { canSee, mintInstallationToken } from "../http/auth.ts";
import { forbidden, HttpError, notFound } from "../http/errors.ts";
import { isObject } from "../http/fields.ts";
import { counted, MAXIMUM_SIZE } from "../http/paging.ts";
import { created, ok, type ApiRequest, type Route } from "../http/router.ts";
import { app, delivery, installation } from "../shapes/app.ts";
import { repository } from "../shapes/repository.ts";
import type { Installation } from "../state.ts";

function installationById(host: Host, id: string | undefined): Installation {
  const found = [...host.installations.values()].find((one) => one.id === Number(id));
  if (!found) throw notFound();
  return found;
}

/** A token may be narrowed, never widened. Source: REST docs, "Create an installation access token". */
function narrowed(host: Host, wanted: unknown): Permissions {
  if (!isObject(wanted)) return host.settings.permissions;
  for (const [name, access] of Object.entries(wanted)) {
    const held = host.settings.permissions[name];
    if (held === undefined || (access === "write" && held === "read"))
      throw new HttpError(422, {
        message: "The permissions requested are not granted to this installation.",
      });
  }
  return wanted as Permissions;
}

function chosenRepositories({ host, body }: ApiRequest, account: string): number[] | null {
  const ids = body["repository_ids"];
  if (Array.isArray(ids)) return ids.map(Number);
  const names = body["repositories"];
  if (!Array.isArray(names)) return null;
  return names.map((name) => {
    const found = findRepository(host, `${account}/${String(name)}`);
    if (!found?.installed)
      throw new HttpError(422, {
        message:
          "There is at least one repository that does not exist or is not accessible to the parent installation.",
      });
    return found.id;
  });
}

function createToken(request: ApiRequest) {
  const { host, params, body } = request;
  const { id, account } = installationById(host, params["installation_id"]);
  const permissions = narrowed(host, body["permissions"]);
  const repositoryIds = chosenRepositories(request, account);
  const { token, expiresAt } = mintInstallationToken(host, {
    installationId: id,
    permissions,
    repositoryIds,
  });
  return created({
    token,
    expires_at: timestamp(host, expiresAt),
    permissions,
    repository_selection: repositoryIds ? "selected" : "all",
  });
}

function repositoryInstallation({ host, params }: ApiRequest) {
  const found = findRepository(host, `${params["owner"] ?? ""}/${params["repo"] ?? ""}`);
  if (!found?.installed || found.removed !== null) throw notFound();
  return ok(installation(host, installationOf(host, found.owner)));
}

/** Newest first, by cursor. Source: REST docs, "List deliveries for an app webhook". */
function listDeliveries({ host, query, address }: ApiRequest) {
  const size = Math.min(Number(query.get("per_page") ?? 30), MAXIMUM_SIZE);
  const wanted = query.get("status");
  const cursor = Number(query.get("cursor") ?? Number.MAX_SAFE_INTEGER);
  const all = host.deliveries
    .filter(({ id, statusCode }) => id <= cursor && hasOutcome(wanted, statusCode))
    .toSorted((a, b) => b.id - a.id);
  const next = all[size];
  const search = new URLSearchParams(query);
  if (next) search.set("cursor", String(next.id));
  const headers: Record<string, string> = next
    ? { link: `<${host.url}${address}?${search.toString()}>; rel="next"` }
    : {};
  return ok(all.slice(0, size).map(delivery), headers);
}

/** The filter looks at the status code only, so it misses deliveries that were never answered. */
function hasOutcome(wanted: string | null, code: number): boolean {
  if (wanted === "success") return code >= 200 && code < 400;
  if (wanted === "failure") return code >= 400 && code < 600;
  return true;
}

function redeliver({ host, params }: ApiRequest) {
  const found = host.deliveries.find(({ id }) => id === Number(params["delivery_id"]));
  if (!found) throw notFound();
  host.webhooks.redeliver(found);
  return { status: 202, body: {} };
}

/** The repositories that a token reaches. */
function accessible(request: ApiRequest) {
  const { host, identity } = request;
  if (identity.kind !== "installation") throw forbidden();
  const all = [...host.repositories.values()].filter((one) => one.removed === null && canSee(identity, one));
  return counted(request, "repositories", all, (one) => repository(host, one));
}

function rateLimit({ host }: ApiRequest) {
  const core = host.rateLimits.get("core");
  const resources = {
    core,
    graphql: host.rateLimits.get("graphql"),
    search: { ...core, limit: 30, remaining: 30, used: 0 },
  };
  return ok({ resources, rate: core });
}

export const appRoutes: readonly Route[] = [
  { method: "GET", template: "/app", needs: "app", handle: ({ host }) => ok(app(host)) },
  {
    method: "GET",
    template: "/app/installations",
    needs: "app",
    handle: ({ host }) => ok([...host.installations.values()].map((one) => installation(host, one))),
  },
  {
    method: "GET",
    template: "/app/installations/{installation_id}",
    needs: "app",
    handle: ({ host, params }) => ok(installation(host, installationById(host, params["installation_id"]))),
  },
  {
    method: "POST",
    template: "/app/installations/{installation_id}/access_tokens",
    needs: "app",
    handle: createToken,
  },
  {
    method: "GET",
    template: "/repos/{owner}/{repo}/installation",
    needs: "app",
    handle: repositoryInstallation,
  },
  { method: "GET", template: "/app/hook/deliveries", needs: "app", handle: listDeliveries },
  {
    method: "POST",
    template: "/app/hook/deliveries/{delivery_id}/attempts",
    needs: "app",
    handle: redeliver,
  },
  { method: "GET", template: "/installation/repositories", needs: "anyone", handle: accessible },
  { method: "GET", template: "/rate_limit", needs: "anyone", handle: rateLimit },
];
