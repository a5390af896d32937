import { RUNS } from "../engine/types.ts";
import { parseExternalId } from "./external-id.ts";
import { runTitle } from "./draft.ts";
import { ask } from "./graphql.ts";
import type { Octokit } from "./octokit.ts";

/** Open pull requests whose head has no verdict of ours: what is left when every way to hear of a push has failed. */

interface RepositoryName {
  readonly owner: string;
  readonly repo: string;
}

export interface PullRef extends RepositoryName {
  readonly pull: number;
}

/** Repositories that one request asks about. It costs about one point for each (docs: GraphQL rate limits). */
const BATCH = 10;
/** Open pull requests of one repository that are looked at, the most recently changed first. */
const PULLS = 30;
const PAGE = 100;
/** Of an installation's repositories; a sweep looks at a part of them only. */
const MOST_PAGES = 50;

/** The repositories of an installation in which pull requests can be open. */
export async function repositoriesOf(octokit: Octokit): Promise<RepositoryName[]> {
  const names: RepositoryName[] = [];
  for (let page = 1; page <= MOST_PAGES; page++) {
    const { data } = await octokit.request("GET /installation/repositories", { per_page: PAGE, page });
    const live = data.repositories.filter(({ archived, disabled }) => !archived && !disabled);
    names.push(...live.map(({ name, owner }) => ({ owner: owner.login, repo: name })));
    if (data.repositories.length < PAGE) break;
  }
  return names;
}

/**
 * Pull requests without a verdict, the most recently changed first.
 * @param quiet changed later than this, and the webhook may still be on its way
 */
export async function unjudged(
  octokit: Octokit,
  repositories: readonly RepositoryName[],
  { app, quiet }: { readonly app: number; readonly quiet: Date },
): Promise<PullRef[]> {
  const found: (PullRef & { readonly updatedAt: string })[] = [];
  for (let start = 0; start < repositories.length; start += BATCH) {
    const batch = repositories.slice(start, start + BATCH);
    // What was renamed or removed meanwhile comes as an error beside the others' data.
    const { data } = await ask<OpenAnswer>(octokit, queryFor(batch.length), variablesFor(batch, app));
    for (const [index, name] of batch.entries()) {
      const pulls = data[`r${index}`]?.pullRequests.nodes ?? [];
      const open = pulls.filter((pull) => Date.parse(pull.updatedAt) <= quiet.getTime() && !isJudged(pull));
      found.push(...open.map(({ number, updatedAt }) => ({ ...name, pull: number, updatedAt })));
    }
  }
  return found
    .toSorted((a, b) => Date.parse(b.updatedAt) - Date.parse(a.updatedAt))
    .map(({ owner, repo, pull }) => ({ owner, repo, pull }));
}

const OPEN = `fragment open on Repository {
  pullRequests(first: ${PULLS}, states: OPEN, orderBy: { field: UPDATED_AT, direction: DESC }) {
    nodes {
      number
      updatedAt
      commits(last: 1) { nodes { commit {
        checkSuites(first: 1, filterBy: { appId: $app }) { nodes {
          checkRuns(first: 20) { nodes { name status conclusion externalId } }
        } }
      } } }
    }
  }
}`;

interface RunAnswer {
  readonly name: string;
  readonly status: string;
  readonly conclusion: string | null;
  readonly externalId: string | null;
}
interface PullAnswer {
  readonly number: number;
  readonly updatedAt: string;
  readonly commits: {
    readonly nodes: readonly {
      readonly commit: {
        readonly checkSuites: {
          readonly nodes: readonly { readonly checkRuns: { readonly nodes: readonly RunAnswer[] } | null }[];
        } | null;
      };
    }[];
  };
}
type OpenAnswer = Readonly<
  Record<string, { readonly pullRequests: { readonly nodes: readonly PullAnswer[] } } | null>
>;

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

function queryFor(count: number): string {
  const declared = numbers(count).map((at) => `$owner${at}: String!, $repo${at}: String!`);
  const aliases = numbers(count).map(
    (at) => `  r${at}: repository(owner: $owner${at}, name: $repo${at}) { ...open }`,
  );
  return `query nines_open($app: Int!, ${declared.join(", ")}) {\n${aliases.join("\n")}\n}\n${OPEN}`;
}

const variablesFor = (batch: readonly RepositoryName[], app: number): Record<string, string | number> =>
  Object.fromEntries([
    ["app", app],
    ...batch.flatMap(({ owner, repo }, at) => [
      [`owner${at}`, owner],
      [`repo${at}`, repo],
    ]),
  ]) as Record<string, string | number>;

/** Both check runs are concluded, and made for this pull request: another one may have the same head. */
function isJudged({ number, commits }: PullAnswer): boolean {
  const suites = commits.nodes.flatMap(({ commit }) => commit.checkSuites?.nodes ?? []);
  const runs = suites.flatMap(({ checkRuns }) => checkRuns?.nodes ?? []);
  const done = runs.filter(
    ({ status, conclusion, externalId }) =>
      status === "COMPLETED" && conclusion !== "CANCELLED" && parseExternalId(externalId)?.subject === number,
  );
  return RUNS.every((run) => done.some(({ name }) => name === runTitle(run)));
}
