import type { BranchRules, EnvironmentRules, RequiredCheck } from "../engine/types.ts";
import type { Setting } from "./blob-cache.ts";
import { limitedUntil, statusOf } from "./errors.ts";
import { cacheKey, type Source } from "./source.ts";

/**
 * What must pass before a change is merged into a branch: its active rulesets, and where they require no check, its
 * classic protection. Two requests at most; known again for some minutes. A sentence where GitHub does not give it.
 */
export async function readRules(source: Source, branch: string): Promise<BranchRules | string> {
  const read = () => rulesOf(source, branch);
  return remembered(source, ["rules", branch], `the rules of ${branch}`, read) as Promise<
    BranchRules | string
  >;
}

/** What stands before deploys to the repository's environments: one request, which needs `actions: read`. */
export async function readEnvironments(source: Source): Promise<readonly EnvironmentRules[] | string> {
  const read = () => environmentsOf(source);
  return remembered(source, ["environments"], "the rules of the environments", read) as Promise<
    readonly EnvironmentRules[] | string
  >;
}

async function remembered(
  source: Source,
  name: readonly string[],
  what: string,
  read: () => Promise<Setting>,
): Promise<Setting> {
  const key = cacheKey(source, ...name);
  const known = source.cache.settings.get(key);
  if (known !== undefined) return known;
  const setting = await read().catch((error: unknown) => unreadable(what, error));
  source.cache.settings.set(key, setting);
  return setting;
}

/** What may not be seen is said; what failed on GitHub's side is tried again with the whole review. */
function unreadable(what: string, error: unknown): string {
  const status = statusOf(error);
  if (limitedUntil(error, new Date(0)) || (status !== 403 && status !== 404)) throw error;
  return `${what} could not be read (GitHub answered ${status})`;
}

type Rule = Awaited<ReturnType<typeof branchRules>>[number];

async function branchRules({ octokit, owner, repo }: Source, branch: string) {
  const { data } = await octokit.request("GET /repos/{owner}/{repo}/rules/branches/{branch}", {
    ...{ owner, repo, branch },
    per_page: 100,
  });
  return data;
}

async function rulesOf(source: Source, branch: string): Promise<BranchRules> {
  const rules = await branchRules(source, branch);
  const queue = rules.some(({ type }) => type === "merge_queue");
  const binding = rules.some(({ type }) => type === "required_status_checks" || type === "workflows");
  const names = binding ? await rulesetNames(source) : new Map<number, string>();
  const by = (rule: Rule) => {
    const name = names.get(rule.ruleset_id ?? 0);
    return name === undefined ? `a ruleset of ${rule.ruleset_source ?? branch}` : `the ruleset "${name}"`;
  };
  return {
    branch,
    checks: binding ? rules.flatMap((rule) => checksOf(rule, by(rule))) : await protectedBy(source, branch),
    workflows: rules.flatMap((rule) => workflowsOf(rule, by(rule))),
    deployments: rules.flatMap((rule) => deploymentsOf(rule, by(rule))),
    queue,
  };
}

function deploymentsOf(rule: Rule, by: string): { environment: string; by: string }[] {
  if (rule.type !== "required_deployments") return [];
  const environments = rule.parameters?.required_deployment_environments ?? [];
  return environments.map((environment) => ({ environment, by }));
}

function checksOf(rule: Rule, by: string): RequiredCheck[] {
  if (rule.type !== "required_status_checks") return [];
  return (rule.parameters?.required_status_checks ?? []).map(({ context, integration_id }) => ({
    name: context,
    by,
    ...(integration_id !== undefined && { app: integration_id }),
  }));
}

/** A required workflow lies in the repository that the ruleset names; only a repository's own ruleset surely means its own. */
function workflowsOf(rule: Rule, by: string): { path: string; by: string }[] {
  if (rule.type !== "workflows" || rule.ruleset_source_type !== "Repository") return [];
  return (rule.parameters?.workflows ?? []).map(({ path }) => ({ path, by }));
}

/** Rules name their ruleset by a number; its name is nicer, and not worth a failure. */
async function rulesetNames({ octokit, owner, repo }: Source): Promise<ReadonlyMap<number, string>> {
  try {
    const { data } = await octokit.request("GET /repos/{owner}/{repo}/rulesets", {
      ...{ owner, repo },
      includes_parents: true,
      per_page: 100,
    });
    return new Map(data.map(({ id, name }) => [id, name]));
  } catch (error) {
    if (limitedUntil(error, new Date(0))) throw error;
    return new Map();
  }
}

/** What classic branch protection requires: who may read the repository sees the names. */
async function protectedBy({ octokit, owner, repo }: Source, branch: string): Promise<RequiredCheck[]> {
  const { data } = await octokit.request("GET /repos/{owner}/{repo}/branches/{branch}", {
    ...{ owner, repo, branch },
  });
  const required = data.protected ? data.protection.required_status_checks : undefined;
  return (required?.contexts ?? []).map((name) => ({ name, by: `the protection of the branch ${branch}` }));
}

async function environmentsOf({ octokit, owner, repo }: Source): Promise<EnvironmentRules[]> {
  const { data } = await octokit.request("GET /repos/{owner}/{repo}/environments", {
    ...{ owner, repo },
    per_page: 100,
  });
  return (data.environments ?? []).map(({ name, protection_rules = [], deployment_branch_policy }) => ({
    name,
    reviewers: protection_rules.reduce(
      (sum, rule) => sum + ("reviewers" in rule ? rule.reviewers.length : 0),
      0,
    ),
    waitMinutes: Math.max(
      0,
      ...protection_rules.map((rule) => ("wait_timer" in rule ? (rule.wait_timer ?? 0) : 0)),
    ),
    branches: deployment_branch_policy !== null && deployment_branch_policy !== undefined,
  }));
}
