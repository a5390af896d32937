import type { RanCheck } from "../engine/types.ts";
import { parseExternalId, type ExternalId } from "./external-id.ts";
import type { Octokit } from "./octokit.ts";
import type { CheckRunAnswer, CommitAnswer } from "./queries.ts";

/** A check run of this app on a commit. */
export interface Run {
  readonly id: number;
  readonly name: string;
  readonly open: boolean;
  /** As the REST API writes it; null while it is open. */
  readonly conclusion: string | null;
  readonly externalId: string;
  /** What the external id says; undefined for a run of an older form. */
  readonly made?: ExternalId;
}

interface Place {
  readonly owner: string;
  readonly repo: string;
}

const PAGE = 100;

interface RawRun {
  readonly id: number | bigint;
  readonly name: string;
  readonly status: string;
  readonly conclusion: string | null;
  readonly external_id: string | null;
}

function runOf({ id, name, status, conclusion, external_id }: RawRun): Run {
  const made = parseExternalId(external_id);
  return {
    id: Number(id),
    name,
    open: status.toLowerCase() !== "completed",
    conclusion: conclusion?.toLowerCase() ?? null,
    externalId: external_id ?? "",
    ...(made && { made }),
  };
}

/** The newest created decides what GitHub shows, and ids grow. */
const newestFirst = (runs: readonly Run[]): Run[] => runs.toSorted((a, b) => b.id - a.id);

const fromGraphql = ({ databaseId, externalId, ...run }: CheckRunAnswer): RawRun[] =>
  databaseId === null ? [] : [{ ...run, id: databaseId, external_id: externalId }];

/** What others reported on a commit, as far as one answer holds it. */
export function ranOn({ ran }: Partial<CommitAnswer>, own: number): RanCheck[] {
  return (ran?.nodes ?? []).flatMap(({ app, checkRuns }) => {
    const id = app?.databaseId;
    if (id === undefined || id === null || id === own) return [];
    return (checkRuns?.nodes ?? []).map(({ name }) => ({ name, app: id }));
  });
}

/** The runs that came with a commit; undefined where the answer does not hold them all. */
export function runsOf({ checkSuites }: CommitAnswer): Run[] | undefined {
  const pages = (checkSuites?.nodes ?? []).flatMap(({ checkRuns }) => checkRuns ?? []);
  const nodes = pages.flatMap((page) => page.nodes);
  // A 64-bit id does not fit GraphQL's Int, and may come as null.
  if (
    pages.some(({ pageInfo }) => pageInfo.hasNextPage) ||
    nodes.some(({ databaseId }) => databaseId === null)
  )
    return undefined;
  return newestFirst(nodes.flatMap(fromGraphql).map(runOf));
}

/** All own runs on a commit, newest first. */
export async function listRuns(
  octokit: Octokit,
  { owner, repo }: Place,
  ref: string,
  app: number,
): Promise<Run[]> {
  const runs: Run[] = [];
  for (let page = 1; ; page++) {
    const { data } = await octokit.request("GET /repos/{owner}/{repo}/commits/{ref}/check-runs", {
      ...{ owner, repo, ref, page },
      app_id: app,
      filter: "all",
      per_page: PAGE,
    });
    runs.push(...data.check_runs.map(runOf));
    if (data.check_runs.length < PAGE) return newestFirst(runs);
  }
}
