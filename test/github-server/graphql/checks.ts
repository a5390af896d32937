import type { Host } from "../host.ts";
import { latestOf } from "../model/checks.ts";
import { nodeId } from "../shapes/users.ts";
import type { CheckRun, CheckSuite, RepositoryState } from "../state.ts";
import { accepts, connection, type Paging } from "./connection.ts";

export interface SuiteArguments extends Paging {
  filterBy?: { appId?: number | null; checkName?: string | null } | null;
}

interface RunArguments extends Paging {
  filterBy?: {
    appId?: number | null;
    checkName?: string | null;
    checkType?: "ALL" | "LATEST" | null;
    status?: string | null;
  } | null;
}

const upper = (text: string | null): string | null => text?.toUpperCase() ?? null;

const checkRun = (run: CheckRun) => ({
  __typename: "CheckRun",
  id: nodeId("CR", run.id),
  databaseId: run.id,
  name: run.name,
  status: upper(run.status),
  conclusion: upper(run.conclusion),
  externalId: run.external_id,
  detailsUrl: run.details_url,
  title: run.output.title,
  summary: run.output.summary,
  text: run.output.text,
  startedAt: run.started_at,
  completedAt: run.completed_at,
  annotations: (args: Paging) => connection("annotations", run.annotations.map(annotation), args),
});

const annotation = (note: CheckRun["annotations"][number], at: number) => ({
  databaseId: at,
  annotationLevel: upper(note.annotation_level),
  message: note.message,
  title: note.title,
  rawDetails: note.raw_details,
  path: note.path,
  location: {
    start: { line: note.start_line, column: note.start_column },
    end: { line: note.end_line, column: note.end_column },
  },
});

function runsOf(host: Host, state: RepositoryState, suite: CheckSuite, args: RunArguments) {
  const { appId, checkName, checkType, status } = args.filterBy ?? {};
  const all = state.checkRuns.filter(
    (run) =>
      run.suiteId === suite.id &&
      accepts(appId, host.settings.appId) &&
      accepts(checkName, run.name) &&
      accepts(status, upper(run.status)),
  );
  const chosen = checkType === "ALL" ? all.toReversed() : latestOf(all);
  return connection("checkRuns", chosen.map(checkRun), args);
}

function checkSuite(host: Host, state: RepositoryState, suite: CheckSuite) {
  const runs = state.checkRuns.filter(({ suiteId }) => suiteId === suite.id);
  const done = runs.length > 0 && runs.every(({ status }) => status === "completed");
  return {
    __typename: "CheckSuite",
    id: nodeId("CS", suite.id),
    databaseId: suite.id,
    status: done ? "COMPLETED" : "QUEUED",
    conclusion: done ? upper(runs.at(-1)?.conclusion ?? null) : null,
    app: { databaseId: host.settings.appId, slug: host.settings.slug, name: host.settings.slug },
    checkRuns: (args: RunArguments) => runsOf(host, state, suite, args),
  };
}

/** The suites that other apps have on a commit, one each. */
function othersOf({ otherRuns }: RepositoryState, sha: string, appId: number | null | undefined) {
  const groups = Map.groupBy(
    otherRuns.filter((run) => run.sha === sha && accepts(appId, run.app)),
    ({ app }) => app,
  );
  return [...groups].map(([app, runs]) => ({
    __typename: "CheckSuite",
    app: { databaseId: app },
    checkRuns: (args: RunArguments) =>
      connection(
        "checkRuns",
        runs.map(({ name }) => ({ __typename: "CheckRun", name })),
        args,
      ),
  }));
}

export function suitesOf(host: Host, state: RepositoryState, sha: string, args: SuiteArguments) {
  const suite = state.suites.get(sha);
  const appId = args.filterBy?.appId;
  const ours = suite && accepts(appId, host.settings.appId) ? [checkSuite(host, state, suite)] : [];
  return connection("checkSuites", [...ours, ...othersOf(state, sha, appId)], args);
}
