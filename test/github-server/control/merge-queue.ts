import { type Host } from "../host.ts";
import { ensureSuite } from "../model/checks.ts";
import type { RepositoryState } from "../state.ts";
import { emit } from "../webhooks/events.ts";
import type { MergeGroup } from "./pulls.ts";

async function contentOf(state: RepositoryState, group: MergeGroup) {
  const commit = (await state.git.readCommit(group.headSha))!;
  const person = ({ name, email }: { name: string; email: string }) => ({ name, email });
  return {
    head_sha: group.headSha,
    head_ref: `refs/heads/${group.headRef}`,
    base_sha: group.baseSha,
    base_ref: `refs/heads/${group.baseRef}`,
    head_commit: {
      id: group.headSha,
      tree_id: commit.tree,
      message: commit.message,
      timestamp: commit.committer.date,
      author: person(commit.author),
      committer: person(commit.committer),
    },
  };
}

/**
 * Puts a pull request into the merge queue: a commit that merges it into the base (or into the group ahead
 * of it), on the branch name that GitHub uses.
 */
export async function createMergeGroup(
  host: Host,
  state: RepositoryState,
  number: number,
  after?: MergeGroup,
): Promise<MergeGroup> {
  const pull = state.pulls.get(number);
  const baseSha = after?.headSha ?? (await state.git.commitOf(`refs/heads/${pull?.base ?? ""}`));
  if (!pull || baseSha === null) throw new Error(`Pull request ${number} cannot be queued`);
  const headSha = await state.git.merge(baseSha, pull.headSha, `Merge pull request #${number}`);
  const group = {
    headSha,
    headRef: `gh-readonly-queue/${pull.base}/pr-${number}-${baseSha}`,
    baseSha,
    baseRef: pull.base,
  };
  await state.git.setRef(`refs/heads/${group.headRef}`, headSha);
  ensureSuite(host, state, headSha).branch = group.headRef;
  const content = { merge_group: await contentOf(state, group) };
  emit(host, state, { event: "merge_group", action: "checks_requested", sender: pull.author, content });
  return group;
}

export async function destroyMergeGroup(
  host: Host,
  state: RepositoryState,
  group: MergeGroup,
  reason: "merged" | "invalidated" | "dequeued",
): Promise<void> {
  await state.git.deleteRef(`refs/heads/${group.headRef}`);
  const content = { reason, merge_group: await contentOf(state, group) };
  emit(host, state, { event: "merge_group", action: "destroyed", sender: "octocat", content });
}
