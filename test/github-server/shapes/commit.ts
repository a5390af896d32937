import type { Commit } from "../git/parse.ts";
import type { FileDiff } from "../git/diff.ts";
import type { Host } from "../host.ts";
import type { RepositoryState } from "../state.ts";
import { nodeId, user } from "./users.ts";

const api = (host: Host, state: RepositoryState): string => `${host.url}/repos/${state.fullName}`;
const web = (host: Host, state: RepositoryState): string => `${host.url}/${state.fullName}`;

/** Schema `commit`. */
export function commit(host: Host, state: RepositoryState, { oid, ...data }: Commit) {
  const url = `${api(host, state)}/commits/${oid}`;
  return {
    url,
    sha: oid,
    node_id: nodeId("C", Number.parseInt(oid.slice(0, 8), 16)),
    html_url: `${web(host, state)}/commit/${oid}`,
    comments_url: `${url}/comments`,
    commit: {
      url: `${api(host, state)}/git/commits/${oid}`,
      author: data.author,
      committer: data.committer,
      message: data.message,
      comment_count: 0,
      tree: { sha: data.tree, url: `${api(host, state)}/git/trees/${data.tree}` },
      verification: {
        verified: false,
        reason: "unsigned",
        payload: null,
        signature: null,
        verified_at: null,
      },
    },
    author: user(host, data.author.name),
    committer: user(host, data.committer.name),
    parents: data.parents.map((sha) => ({
      sha,
      url: `${api(host, state)}/commits/${sha}`,
      html_url: `${web(host, state)}/commit/${sha}`,
    })),
  };
}

/**
 * The largest patch that a list of files carries; the patch of a larger file is left out.
 * Source: docs, "Repository limits", diff limits: 20,000 lines or 500 KB a file.
 */
const PATCH_BYTES = 500 * 1024;
const PATCH_LINES = 20_000;

const shown = ({ patch, additions, deletions }: FileDiff): boolean =>
  patch !== "" && patch.length <= PATCH_BYTES && additions + deletions <= PATCH_LINES;

/** Schema `diff-entry`. */
export function file(host: Host, state: RepositoryState, head: string, diff: FileDiff) {
  const path = diff.path.split("/").map(encodeURIComponent).join("/");
  return {
    sha: diff.oid,
    filename: diff.path,
    status: diff.status,
    additions: diff.additions,
    deletions: diff.deletions,
    changes: diff.additions + diff.deletions,
    blob_url: `${web(host, state)}/blob/${head}/${path}`,
    raw_url: `${web(host, state)}/raw/${head}/${path}`,
    contents_url: `${api(host, state)}/contents/${path}?ref=${head}`,
    ...(shown(diff) ? { patch: diff.patch } : {}),
    ...(diff.previousPath === undefined ? {} : { previous_filename: diff.previousPath }),
  };
}
