import { askAll } from "./graphql.ts";
import type { Octokit } from "./octokit.ts";
import { MORE_THREADS, type ContextAnswer, type ThreadsAnswer } from "./queries.ts";

/** A thread of review comments that this app began. */
export interface Thread {
  /** Of its first comment. */
  readonly comment: string;
  readonly body: string;
  readonly resolved: boolean;
  /** Comments below the first. */
  readonly replies: number;
}

export interface PullName {
  readonly owner: string;
  readonly repo: string;
  readonly number: number;
}

function ownThreads({ nodes }: ThreadsAnswer): Thread[] {
  return nodes.flatMap(({ isResolved, comments }) => {
    const [first] = comments.nodes;
    if (!first?.viewerDidAuthor || first.fullDatabaseId === null) return [];
    const comment = String(first.fullDatabaseId);
    return [{ comment, body: first.body, resolved: isResolved, replies: comments.totalCount - 1 }];
  });
}

/** Own threads of all pages; the first page came with the context. */
export async function allThreads(octokit: Octokit, pull: PullName, first: ThreadsAnswer): Promise<Thread[]> {
  const { hasNextPage, endCursor } = first.pageInfo;
  const rest = hasNextPage && endCursor !== null ? await loadThreads(octokit, pull, endCursor) : [];
  return [...ownThreads(first), ...rest];
}

/** Own threads, from a cursor on or all of them. */
export async function loadThreads(
  octokit: Octokit,
  pull: PullName,
  after: string | null = null,
): Promise<Thread[]> {
  const { owner, repo, number } = pull;
  const answer = await askAll<ContextAnswer>(octokit, MORE_THREADS, { owner, repo, number, after });
  const page = answer.repository?.pullRequest?.reviewThreads;
  return page ? allThreads(octokit, pull, page) : [];
}
