/** The GraphQL documents. All that a review must know before it reads files comes in one request. */

const BLOB = `fragment text on Blob { oid text isBinary isTruncated }`;

/** All own runs, not the latest of each name: two pull requests may share a head. Of others, what they are called. */
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
  ran: checkSuites(first: 30) {
    nodes { app { databaseId } checkRuns(first: 50) { nodes { name } } }
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
      state isDraft headRefOid baseRefOid baseRefName title
      headRepository { nameWithOwner }
      baseRef { target { oid ... on Commit { file(path: ".github/nines.yml") { object { ...text } } } } }
      reviewThreads(first: 100) { ...threads }`;

const ORGANISATION = `
  organisation: repository(owner: $owner, name: ".github") { object(expression: "HEAD:nines.yml") { ...text } }`;

export const CONTEXT = `query nines_context($owner: String!, $repo: String!, $number: Int!, $app: Int!) {
  repository(owner: $owner, name: $repo) {
    isPrivate
    pullRequest(number: $number) {${PULL}
      commits(last: 1) { totalCount nodes { commit { message ...runs } } }
    }
  }${ORGANISATION}
}
${BLOB} ${THREADS} ${RUNS}`;

/** The same without check runs, for a client that is not an app. */
export const PULL_CONTEXT = `query nines_pull($owner: String!, $repo: String!, $number: Int!) {
  repository(owner: $owner, name: $repo) {
    isPrivate
    pullRequest(number: $number) {${PULL}
      commits(last: 1) { totalCount nodes { commit { message } } }
    }
  }${ORGANISATION}
}
${BLOB} ${THREADS}`;

export const GROUP_CONTEXT = `query nines_group(
  $owner: String!, $repo: String!, $head: GitObjectID!, $policy: String!, $app: Int!
) {
  repository(owner: $owner, name: $repo) {
    isPrivate
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

/** Files of several repositories, one alias each: r0, r1, … with f0, f1, … The texts are put in as JSON, which GraphQL reads. */
export function elsewhereQuery(
  targets: readonly { owner: string; repo: string; ref: string; files: readonly string[] }[],
): string {
  const aliases = targets.map(({ owner, repo, ref, files }, index) => {
    const texts = files.map(
      (path, at) => `f${at}: object(expression: ${JSON.stringify(`${ref}:${path}`)}) { ...text }`,
    );
    return `  r${index}: repository(owner: ${JSON.stringify(owner)}, name: ${JSON.stringify(repo)}) {
    isPrivate
    commit: object(expression: ${JSON.stringify(ref)}) { oid ... on Tag { target { oid } } }
    ${texts.join(" ")}
  }`;
  });
  return `query nines_elsewhere {\n${aliases.join("\n")}\n}\n${BLOB}`;
}

export type ElsewhereAnswer = Record<
  string,
  | ({ isPrivate: boolean; commit: { oid: string; target?: { oid: string } } | null } & Record<
      string,
      unknown
    >)
  | null
>;

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
  ran?: {
    nodes: {
      app: { databaseId: number | null } | null;
      checkRuns: { nodes: { name: string }[] } | null;
    }[];
  } | null;
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
  title: string;
  commits: { totalCount: number; nodes: { commit: { message: string } & Partial<CommitAnswer> }[] };
}

interface OrganisationAnswer {
  organisation: { object: BlobAnswer | Record<string, never> | null } | null;
}
export type ContextAnswer = OrganisationAnswer & {
  repository: { isPrivate: boolean; pullRequest: PullAnswer | null } | null;
};
export type GroupAnswer = OrganisationAnswer & {
  repository: {
    isPrivate: boolean;
    commit: CommitAnswer | Record<string, never> | null;
    policy: BlobAnswer | Record<string, never> | null;
  } | null;
};
export interface HeadAnswer {
  repository: { pullRequest: Pick<PullAnswer, "state" | "isDraft" | "headRefOid"> | null } | null;
}
