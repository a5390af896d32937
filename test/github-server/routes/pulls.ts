import { notFound } from "../http/errors.ts";
import { listed } from "../http/paging.ts";
import { ok, onRepository, type RepositoryRequest, type Route } from "../http/router.ts";
import { commitsOf, filesOf, pullOf, totalsOf } from "../model/pulls.ts";
import { commit, file } from "../shapes/commit.ts";
import { headOwner, pullRequest, simplePull } from "../shapes/pull-request.ts";
import type { PullRequest } from "../state.ts";

/** Source: REST docs, "List pull requests files": at most 3,000. */
const LISTED_FILES = 3000;
/** Source: REST docs, "List commits on a pull request": at most 250. */
const LISTED_COMMITS = 250;

export const numberOf = ({ params }: RepositoryRequest, name = "pull_number"): number => Number(params[name]);

function listPulls(request: RepositoryRequest) {
  const { host, repository, query } = request;
  const state = query.get("state") ?? "open";
  const [head, base] = [query.get("head"), query.get("base")];
  const fits = (pull: PullRequest): boolean =>
    (state === "all" || pull.state === state) &&
    // A head without its owner is ignored, as GitHub does.
    (head === null || !head.includes(":") || head === `${headOwner(repository, pull)}:${pull.head}`) &&
    (base === null || base === pull.base);
  const newest = [...repository.pulls.values()].filter(fits).toSorted((a, b) => b.number - a.number);
  const ordered = query.get("direction") === "asc" ? newest.toReversed() : newest;
  return listed(request, ordered, (pull) => simplePull(host, repository, pull));
}

async function getPull(request: RepositoryRequest) {
  const { host, repository } = request;
  const pull = pullOf(repository, numberOf(request));
  const answer = pullRequest(host, repository, pull, await totalsOf(repository, pull));
  // Asking starts the computation; the next answer has it.
  pull.mergeableKnown = true;
  return ok(answer);
}

async function listFiles(request: RepositoryRequest) {
  const { host, repository } = request;
  const pull = pullOf(repository, numberOf(request));
  const files = (await filesOf(repository, pull)).slice(0, LISTED_FILES);
  return listed(request, files, (diff) => file(host, repository, pull.headSha, diff));
}

async function listCommits(request: RepositoryRequest) {
  const { host, repository } = request;
  const commits = (await commitsOf(repository, pullOf(repository, numberOf(request)))).slice(
    0,
    LISTED_COMMITS,
  );
  return listed(request, commits, async (oid) => {
    const found = await repository.git.readCommit(oid);
    if (!found) throw notFound();
    return commit(host, repository, found);
  });
}

export const pullRoutes: readonly Route[] = [
  onRepository("GET /pulls", ["pull_requests:read"], listPulls),
  onRepository("GET /pulls/{pull_number}", ["pull_requests:read"], getPull),
  onRepository("GET /pulls/{pull_number}/files", ["pull_requests:read"], listFiles),
  onRepository("GET /pulls/{pull_number}/commits", ["pull_requests:read"], listCommits),
];
