/** The GraphQL documents. All that a review must know before it reads files comes in one request. */

const BLOB = `fragment text on Blob { oid text isBinary isTruncated }`;

/** All runs, not the latest of each name: two pull requests may share a head. */
const RUNS = `fragment runs on Commit {
  oid
  checkSuites(first: 10, filterBy: { appId: $app }) {
    nodes {
      checkRuns(first: 100, filterBy: { checkType: ALL }) {
        pageInfo { hasNextPage }
        nodes { databaseId name status conclusion externalId }
      }
    }
  }
}`;

const THREADS = `fragment threads on PullRequestReviewThreadConnection {
  pageInfo { hasNextPage endCursor }
  nodes {
    isResolved
    comments(first: 1) { totalCount nodes { fullDatabaseId body viewerDidAuthor } }
  }
}`;

const PULL = `
      state isDraft headRefOid baseRefOid baseRefName
      headRepository { nameWithOwner }
      baseRef { target { oid ... on Commit { file(path: ".github/nines.yml") { object { ...text } } } } }
      reviewThreads(first: 100) { ...threads }`;

const ORGANISATION = `
  organisation: repository(owner: $owner, name: ".github") { object(expression: "HEAD:nines.yml") { ...text } }`;

export const CONTEXT = `query nines_context($owner: String!, $repo: String!, $number: Int!, $app: Int!) {
  repository(owner: $owner, name: $repo) {
    pullRequest(number: $number) {${PULL}
      commits(last: 1) { nodes { commit { ...runs } } }
    }
  }${ORGANISATION}
}
${BLOB} ${THREADS} ${RUNS}`;

/** The same without check runs, for a client that is not an app. */
export const PULL_CONTEXT = `query nines_pull($owner: String!, $repo: String!, $number: Int!) {
  repository(owner: $owner, name: $repo) {
    pullRequest(number: $number) {${PULL}
    }
  }${ORGANISATION}
}
${BLOB} ${THREADS}`;

export const GROUP_CONTEXT = `query nines_group(
  $owner: String!, $repo: String!, $head: GitObjectID!, $policy: String!, $app: Int!
) {
  repository(owner: $owner, name: $repo) {
    commit: object(oid: $head) { ...runs }
    policy: object(expression: $policy) { ...text }
  }${ORGANISATION}
}
${BLOB} ${RUNS}`;

export const MORE_THREADS = `query nines_threads($owner: String!, $repo: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $repo) {
    pullRequest(number: $number) { reviewThreads(first: 100, after: $after) { ...threads } }
  }
}
${THREADS}`;

export const HEAD = `query nines_head($owner: String!, $repo: String!, $number: Int!) {
  repository(owner: $owner, name: $repo) { pullRequest(number: $number) { state isDraft headRefOid } }
}`;

/** Blobs by their SHA, one alias each: b0, b1, … Only hexadecimal digits are put into the document. */
export function blobsQuery(shas: readonly string[]): string {
  const aliases = shas.map(
    (sha, index) => `    b${index}: object(oid: "${sha.replace(/[^0-9a-f]/g, "")}") { ...text }`,
  );
  return `query nines_blobs($owner: String!, $repo: String!) {
  repository(owner: $owner, name: $repo) {
${aliases.join("\n")}
  }
}
${BLOB}`;
}

export interface BlobAnswer {
  oid: string;
  text: string | null;
  isBinary: boolean | null;
  isTruncated: boolean;
}

export interface CheckRunAnswer {
  databaseId: number | null;
  name: string;
  status: string;
  conclusion: string | null;
  externalId: string | null;
}

export interface CommitAnswer {
  oid: string;
  checkSuites: {
    nodes: { checkRuns: { pageInfo: { hasNextPage: boolean }; nodes: CheckRunAnswer[] } | null }[];
  } | null;
}

export interface ThreadsAnswer {
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
  nodes: {
    isResolved: boolean;
    comments: {
      totalCount: number;
      nodes: { fullDatabaseId: string | number | bigint | null; body: string; viewerDidAuthor: boolean }[];
    };
  }[];
}

export interface PullAnswer {
  state: "OPEN" | "CLOSED" | "MERGED";
  isDraft: boolean;
  headRefOid: string;
  baseRefOid: string;
  baseRefName: string;
  headRepository: { nameWithOwner: string } | null;
  baseRef: {
    target: { oid: string; file?: { object: BlobAnswer | Record<string, never> | null } | null } | null;
  } | null;
  reviewThreads: ThreadsAnswer;
  commits?: { nodes: { commit: CommitAnswer }[] };
}

interface OrganisationAnswer {
  organisation: { object: BlobAnswer | Record<string, never> | null } | null;
}
export type ContextAnswer = OrganisationAnswer & { repository: { pullRequest: PullAnswer | null } | null };
export type GroupAnswer = OrganisationAnswer & {
  repository: {
    commit: CommitAnswer | Record<string, never> | null;
    policy: BlobAnswer | Record<string, never> | null;
  } | null;
};
export interface HeadAnswer {
  repository: { pullRequest: Pick<PullAnswer, "state" | "isDraft" | "headRefOid"> | null } | null;
}
