import { HttpError, notFound } from "../http/errors.ts";
import { listed, page } from "../http/paging.ts";
import { ok, onRepository, type RepositoryRequest, type Route } from "../http/router.ts";
import { commitOf, findCommit } from "../model/pulls.ts";
import { commit, file } from "../shapes/commit.ts";
import { simplePull } from "../shapes/pull-request.ts";

/** Source: REST docs, "Compare two commits": 300 files, all of them on the first page only. */
const COMPARED_FILES = 300;
/** Source: REST docs, "Compare two commits": 250 commits when the caller does not page. */
const COMPARED_COMMITS = 250;

async function shaped({ host, repository }: RepositoryRequest, oid: string) {
  const found = await repository.git.readCommit(oid);
  if (!found) throw notFound();
  return commit(host, repository, found);
}

async function getCommit(request: RepositoryRequest) {
  const { repository, params } = request;
  const ref = params["ref"] ?? "";
  const oid = await findCommit(repository, ref);
  if (oid === null) throw new HttpError(422, { message: `No commit found for SHA: ${ref}` });
  return ok(await shaped(request, oid));
}

/** Lists no pull request from a fork: its commits are not on a branch of this repository. */
function pullsOfCommit(request: RepositoryRequest) {
  const { host, repository, params } = request;
  const all = [...repository.pulls.values()].filter(
    (pull) => pull.headSha === params["commit_sha"] && pull.fork === null,
  );
  return listed(request, all, (pull) => simplePull(host, repository, pull));
}

function splitRange(basehead: string): [string, string] {
  const at = basehead.indexOf("...");
  if (at < 1) throw notFound();
  return [basehead.slice(0, at), basehead.slice(at + 3)];
}

function direction(ahead: number, behind: number): string {
  if (ahead > 0) return behind > 0 ? "diverged" : "ahead";
  return behind > 0 ? "behind" : "identical";
}

function pagedCommits(request: RepositoryRequest, all: readonly string[]) {
  const paged = request.query.has("page") || request.query.has("per_page");
  if (paged) return page(request, all);
  return { items: all.slice(0, COMPARED_COMMITS), number: 1, headers: {} };
}

async function compare(request: RepositoryRequest) {
  const { host, repository: state, params, address } = request;
  const [from, to] = splitRange(params["basehead"] ?? "");
  const [base, head] = await Promise.all([commitOf(state, from), commitOf(state, to)]);
  const mergeBase = await state.git.mergeBase(base, head);
  if (mergeBase === null)
    throw new HttpError(404, { message: `No common ancestor between ${from} and ${to}.` });
  const [ahead, behind] = await Promise.all([state.git.between(base, head), state.git.between(head, base)]);
  const { items, number, headers } = pagedCommits(request, ahead);
  const files = number === 1 ? (await state.git.diff(mergeBase, head)).slice(0, COMPARED_FILES) : [];
  const html = `${host.url}/${state.fullName}/compare/${from}...${to}`;
  const answer = {
    url: `${host.url}${address}`,
    html_url: html,
    permalink_url: `${host.url}/${state.fullName}/compare/${base}...${head}`,
    diff_url: `${html}.diff`,
    patch_url: `${html}.patch`,
    base_commit: await shaped(request, base),
    merge_base_commit: await shaped(request, mergeBase),
    status: direction(ahead.length, behind.length),
    ahead_by: ahead.length,
    behind_by: behind.length,
    total_commits: ahead.length,
    commits: await Promise.all(items.map((oid) => shaped(request, oid))),
    files: files.map((diff) => file(host, state, head, diff)),
  };
  return ok(answer, headers);
}

export const commitRoutes: readonly Route[] = [
  onRepository("GET /commits/{ref}", ["contents:read"], getCommit),
  onRepository("GET /commits/{commit_sha}/pulls", ["pull_requests:read", "contents:read"], pullsOfCommit),
  onRepository("GET /compare/{basehead}", ["contents:read"], compare),
];
