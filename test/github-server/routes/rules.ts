import { counted, listed } from "../http/paging.ts";
import { notFound } from "../http/errors.ts";
import { ok, onRepository, type RepositoryRequest, type Route } from "../http/router.ts";
import type { Environment, Ruleset } from "../state.ts";
import { commit } from "../shapes/commit.ts";
import { nodeId } from "../shapes/users.ts";

/** What stands before merges and deploys: rulesets, classic protection, environments. */

const api = ({ host, repository }: RepositoryRequest): string => `${host.url}/repos/${repository.fullName}`;

function branchRules(request: RepositoryRequest) {
  const { repository, params } = request;
  const active = repository.rulesets.filter(({ branch }) => branch === params["branch"]);
  const rules = active.flatMap(({ id, rules: all }) =>
    all.map((rule) => ({
      ...rule,
      ruleset_source_type: "Repository",
      ruleset_source: repository.fullName,
      ruleset_id: id,
    })),
  );
  return listed(request, rules, (rule) => rule);
}

const ruleset = (request: RepositoryRequest, { id, name }: Ruleset) => ({
  id,
  name,
  target: "branch",
  source_type: "Repository",
  source: request.repository.fullName,
  enforcement: "active",
  node_id: nodeId("RRS", id),
  _links: { self: { href: `${api(request)}/rulesets/${id}` } },
  created_at: request.repository.createdAt,
  updated_at: request.repository.createdAt,
});

async function branch(request: RepositoryRequest) {
  const { host, repository, params } = request;
  const name = params["branch"] ?? "";
  const tip = await repository.git.commitOf(`refs/heads/${name}`);
  const found = tip === null ? null : await repository.git.readCommit(tip);
  if (!found) throw notFound();
  const contexts = repository.protection.get(name);
  const url = `${api(request)}/branches/${name}`;
  return ok({
    name,
    commit: commit(host, repository, found),
    _links: { self: url, html: `${host.url}/${repository.fullName}/tree/${name}` },
    protected: contexts !== undefined,
    protection: {
      enabled: contexts !== undefined,
      required_status_checks: {
        enforcement_level: contexts ? "non_admins" : "off",
        contexts: contexts ?? [],
        checks: [],
      },
    },
    protection_url: `${url}/protection`,
  });
}

function environment(request: RepositoryRequest, { id, name, reviewers, waitMinutes }: Environment) {
  const { host, repository } = request;
  const rule = (at: number, type: string, more: object) => ({
    id: id + at,
    node_id: nodeId("GA", id + at),
    type,
    ...more,
  });
  return {
    id,
    node_id: nodeId("EN", id),
    name,
    url: `${api(request)}/environments/${name}`,
    html_url: `${host.url}/${repository.fullName}/deployments/activity_log?environments_filter=${name}`,
    created_at: repository.createdAt,
    updated_at: repository.createdAt,
    protection_rules: [
      ...(waitMinutes > 0 ? [rule(1, "wait_timer", { wait_timer: waitMinutes })] : []),
      ...(reviewers > 0
        ? [
            rule(2, "required_reviewers", {
              prevent_self_review: false,
              reviewers: Array.from({ length: reviewers }, () => ({ type: "User" })),
            }),
          ]
        : []),
    ],
    deployment_branch_policy: null,
  };
}

export const ruleRoutes: readonly Route[] = [
  onRepository("GET /rules/branches/{branch}", ["metadata:read"], branchRules),
  onRepository("GET /rulesets", ["metadata:read"], (request) =>
    listed(request, request.repository.rulesets, (one) => ruleset(request, one)),
  ),
  onRepository("GET /branches/{branch}", ["contents:read"], branch),
  onRepository("GET /environments", ["actions:read"], (request) =>
    counted(request, "environments", request.repository.environments, (one) => environment(request, one)),
  ),
];
