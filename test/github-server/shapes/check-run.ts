import type { Host } from "../host.ts";
import type { Annotation, CheckRun, CheckSuite, PullRequest, RepositoryState } from "../state.ts";
import { app } from "./app.ts";
import type { Json } from "./examples.ts";
import { repository } from "./repository.ts";
import { nodeId } from "./users.ts";

const api = (host: Host, state: RepositoryState): string => `${host.url}/repos/${state.fullName}`;

const reference = (host: Host, state: RepositoryState, sha: string, ref: string) => ({
  ref,
  sha,
  repo: { id: state.id, url: api(host, state), name: state.name },
});

/** Schema `pull-request-minimal`. */
const minimal = (host: Host, state: RepositoryState, pull: PullRequest) => ({
  id: pull.id,
  number: pull.number,
  url: `${api(host, state)}/pulls/${pull.number}`,
  head: reference(host, state, pull.headSha, pull.head),
  base: reference(host, state, pull.baseSha, pull.base),
});

/**
 * Pull requests whose head is this commit. Those from forks are never listed.
 * Source: REST docs, check runs: "pull_requests is empty for a forked repository, head_branch null".
 */
export const pullsOf = (host: Host, state: RepositoryState, sha: string) =>
  [...state.pulls.values()]
    .filter((pull) => pull.headSha === sha && pull.fork === null && pull.state === "open")
    .map((pull) => minimal(host, state, pull));

/** Schema `check-run`. */
export function checkRun(host: Host, state: RepositoryState, run: CheckRun): Json {
  const url = `${api(host, state)}/check-runs/${run.id}`;
  const html = `${host.url}/${state.fullName}/runs/${run.id}`;
  return {
    id: run.id,
    node_id: nodeId("CR", run.id),
    name: run.name,
    head_sha: run.head_sha,
    external_id: run.external_id,
    url,
    html_url: html,
    details_url: run.details_url ?? html,
    status: run.status,
    conclusion: run.conclusion,
    started_at: run.started_at,
    completed_at: run.completed_at,
    output: {
      ...run.output,
      annotations_count: run.annotations.length,
      annotations_url: `${url}/annotations`,
    },
    check_suite: { id: run.suiteId },
    app: app(host),
    pull_requests: pullsOf(host, state, run.head_sha),
  };
}

/** Schema `check-annotation`. */
export const annotation = (host: Host, state: RepositoryState, sha: string, note: Annotation) => ({
  blob_href: `${host.url}/${state.fullName}/blob/${sha}/${note.path}`,
  ...note,
});

/** Schema `check-suite`, without the head commit. */
export function checkSuite(host: Host, state: RepositoryState, suite: CheckSuite): Json {
  const runs = state.checkRuns.filter(({ suiteId }) => suiteId === suite.id);
  const done = runs.length > 0 && runs.every(({ status }) => status === "completed");
  const url = `${api(host, state)}/check-suites/${suite.id}`;
  return {
    id: suite.id,
    node_id: nodeId("CS", suite.id),
    head_branch: suite.branch,
    head_sha: suite.sha,
    status: done ? "completed" : "queued",
    conclusion: done ? (runs.at(-1)?.conclusion ?? null) : null,
    url,
    before: null,
    after: suite.sha,
    pull_requests: pullsOf(host, state, suite.sha),
    app: app(host),
    repository: repository(host, state),
    created_at: suite.createdAt,
    updated_at: suite.createdAt,
    latest_check_runs_count: runs.length,
    check_runs_url: `${url}/check-runs`,
  };
}

/** A check run as webhooks carry it: with its whole suite, where REST gives only the suite's id. */
export function eventCheckRun(host: Host, state: RepositoryState, run: CheckRun): Json {
  const suite = state.suites.get(run.head_sha);
  const shape = checkRun(host, state, run);
  return suite ? { ...shape, check_suite: checkSuite(host, state, suite) } : shape;
}
