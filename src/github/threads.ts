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
export async function allThreads(octokit: Octokit, { owner, repo, number }: PullName, first: ThreadsAnswer): Promise<Thread[]> {
  const threads = ownThreads(first);
  let { hasNextPage, endCursor } = first.pageInfo;
  while (hasNextPage && endCursor !== null) {
    const answer = await askAll<ContextAnswer>(octokit, MORE_THREADS, { owner, repo, number, after: endCursor });
    const page = answer.repository?.pullRequest?.reviewThreads;
    if (!page) break;
    threads.push(...ownThreads(page));
    ({ hasNextPage, endCursor } = page.pageInfo);
  }
  return threads;
}
