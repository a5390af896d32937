import type { Policy, Tree } from "../engine/types.ts";
import { createBlobCache } from "./blob-cache.ts";
import { openPull, wordsOf } from "./context.ts";
import { ask } from "./graphql.ts";
import { loadFacts, withFacts } from "./facts.ts";
import { loadChange, loadTrees, type Trees } from "./load-trees.ts";
import type { Octokit } from "./octokit.ts";
import { policyFiles, type PolicyFiles } from "./policy-files.ts";
import { PULL_CONTEXT, type ContextAnswer } from "./queries.ts";
import type { PullName } from "./threads.ts";

export interface LoadedPullRequest {
  readonly base: Tree;
  readonly head: Tree;
  readonly mergeBase: string;
  readonly headSha: string;
  readonly policies: PolicyFiles;
  /** Both trees with what GitHub says beside their files, as far as a judgement by this policy depends on it. */
  readonly known: (policy: Policy) => Promise<Pick<Trees, "base" | "head">>;
}

/**
 * A pull request with a person's token, for the command line. Closed ones are read too.
 * @throws Gone where there is none, CannotReview where it is too large, else what Octokit throws
 */
export async function loadPullRequest(octokit: Octokit, name: PullName): Promise<LoadedPullRequest> {
  const { owner, repo, number } = name;
  const { data, errors } = await ask<ContextAnswer>(octokit, PULL_CONTEXT, { owner, repo, number });
  const pull = openPull(data.repository?.pullRequest, name);
  const target = pull.baseRef?.target;
  const source = { octokit, owner, repo, cache: createBlobCache(), reader: "token" };
  // A closed pull request is read as it was proposed: by now its base branch may hold it.
  const base = pull.state === "OPEN" ? (target?.oid ?? pull.baseRefOid) : pull.baseRefOid;
  const change = await loadChange(source, { base, head: pull.headRefOid }, number);
  const trees = await loadTrees(source, change);
  const asker = {
    branch: pull.baseRefName,
    words: wordsOf(pull),
    isPrivate: data.repository?.isPrivate ?? false,
  };
  return {
    known: async (policy) => withFacts(trees, await loadFacts(source, asker, trees, policy)),
    base: trees.base,
    head: trees.head,
    mergeBase: change.mergeBase,
    headSha: pull.headRefOid,
    policies: policyFiles(data.organisation?.object, target?.file?.object, errors),
  };
}
