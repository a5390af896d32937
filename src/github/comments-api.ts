import { statusOf } from "./errors.ts";
import type { Octokit } from "./octokit.ts";

interface Place {
  readonly owner: string;
  readonly repo: string;
}

export type Permission = "admin" | "write" | "read" | "none";
export type Reaction = "eyes" | "+1" | "confused";

const PERMISSIONS: Readonly<Record<string, Permission>> = { admin: "admin", write: "write", read: "read" };

/** What a person may do in a repository. `maintain` counts as write, `triage` as read, as GitHub maps them. */
export async function permissionOf(
  octokit: Octokit,
  { owner, repo, user }: Place & { readonly user: string },
): Promise<Permission> {
  try {
    const { data } = await octokit.request("GET /repos/{owner}/{repo}/collaborators/{username}/permission", {
      ...{ owner, repo },
      username: user,
    });
    return PERMISSIONS[data.permission] ?? "none";
  } catch (error) {
    // Not a user, or one who left.
    if (statusOf(error) === 404) return "none";
    throw error;
  }
}

/** Answers a comment of a pull request's conversation with a reaction. The same one twice stays one. */
export async function acknowledge(
  octokit: Octokit,
  { owner, repo, comment, reaction }: Place & { readonly comment: number; readonly reaction: Reaction },
): Promise<void> {
  await octokit.request("POST /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions", {
    ...{ owner, repo },
    comment_id: comment,
    content: reaction,
  });
}

const answerMarker = (comment: number): string => `<!-- nines:answer ${comment} -->`;

/** The newest comments that are searched for an answer: a lost one is asked for again within minutes. */
const NEWEST = 100;

/** Answers a comment in the conversation, once: a repeated answer to the same comment is not written. */
export async function reply(
  octokit: Octokit,
  answer: Place & { readonly pull: number; readonly to: number; readonly body: string },
): Promise<void> {
  const { owner, repo, pull, to, body } = answer;
  const marker = answerMarker(to);
  if (await isAnswered(octokit, answer, marker)) return;
  await octokit.request("POST /repos/{owner}/{repo}/issues/{issue_number}/comments", {
    ...{ owner, repo },
    issue_number: pull,
    body: `${body}\n\n${marker}`,
    request: { retries: 0 },
  });
}

const FIND_ANSWER = `query nines_answers($owner: String!, $repo: String!, $number: Int!, $newest: Int!) {
  repository(owner: $owner, name: $repo) {
    pullRequest(number: $number) { comments(last: $newest) { nodes { body viewerDidAuthor } } }
  }
}`;

interface Comments {
  repository: {
    pullRequest: { comments: { nodes: { body: string; viewerDidAuthor: boolean }[] } } | null;
  } | null;
}

async function isAnswered(
  octokit: Octokit,
  { owner, repo, pull }: Place & { readonly pull: number },
  marker: string,
) {
  const variables = { owner, repo, number: pull, newest: NEWEST };
  const { repository } = await octokit.graphql<Comments>(FIND_ANSWER, variables);
  const comments = repository?.pullRequest?.comments.nodes ?? [];
  return comments.some(({ body, viewerDidAuthor }) => viewerDidAuthor && body.includes(marker));
}
