import { counted, listed } from "../http/paging.ts";
import { text } from "../http/fields.ts";
import { created, ok, onRepository, type RepositoryRequest, type Route } from "../http/router.ts";
import { notFound } from "../http/errors.ts";
import { checkRunById, createCheckRun, latestOf, updateCheckRun } from "../model/checks.ts";
import { commitOf, knownCommit } from "../model/pulls.ts";
import { annotation, checkRun } from "../shapes/check-run.ts";
import type { CheckRun } from "../state.ts";
import { checkRunChanged } from "../webhooks/echo.ts";

const runOf = ({ repository, params }: RepositoryRequest): CheckRun =>
  checkRunById(repository, Number(params["check_run_id"]));

async function create({ host, repository, body }: RepositoryRequest) {
  const sha = await knownCommit(repository, text(body, "head_sha"));
  const run = createCheckRun(host, repository, sha, body);
  checkRunChanged(host, repository, run, "created");
  if (run.status === "completed") checkRunChanged(host, repository, run, "completed");
  return created(checkRun(host, repository, run));
}

function update(request: RepositoryRequest) {
  const { host, repository, body } = request;
  const run = runOf(request);
  const wasOpen = run.status !== "completed";
  updateCheckRun(host, run, body);
  if (wasOpen && run.status === "completed") checkRunChanged(host, repository, run, "completed");
  return ok(checkRun(host, repository, run));
}

/** Filters that the lists of a commit and of a suite share. */
function list(request: RepositoryRequest, all: readonly CheckRun[]) {
  const { host, repository, query } = request;
  const appId = query.get("app_id");
  const [name, status] = [query.get("check_name"), query.get("status")];
  const found = all.filter(
    (run) =>
      (name === null || run.name === name) &&
      (status === null || run.status === status) &&
      (appId === null || Number(appId) === host.settings.appId),
  );
  const chosen = query.get("filter") === "all" ? found.toReversed() : latestOf(found);
  return counted(request, "check_runs", chosen, (run) => checkRun(host, repository, run));
}

async function listForCommit(request: RepositoryRequest) {
  const { repository, params } = request;
  const sha = await commitOf(repository, params["ref"] ?? "");
  return list(
    request,
    repository.checkRuns.filter(({ head_sha }) => head_sha === sha),
  );
}

function listForSuite(request: RepositoryRequest) {
  const { repository, params } = request;
  const id = Number(params["check_suite_id"]);
  if (![...repository.suites.values()].some((suite) => suite.id === id)) throw notFound();
  return list(
    request,
    repository.checkRuns.filter(({ suiteId }) => suiteId === id),
  );
}

function listAnnotations(request: RepositoryRequest) {
  const { host, repository } = request;
  const run = runOf(request);
  return listed(request, run.annotations, (note) => annotation(host, repository, run.head_sha, note));
}

export const checkRoutes: readonly Route[] = [
  onRepository("POST /check-runs", ["checks:write"], create),
  onRepository("PATCH /check-runs/{check_run_id}", ["checks:write"], update),
  onRepository("GET /check-runs/{check_run_id}", ["checks:read"], (request) =>
    ok(checkRun(request.host, request.repository, runOf(request))),
  ),
  onRepository("GET /check-runs/{check_run_id}/annotations", ["checks:read"], listAnnotations),
  onRepository("GET /commits/{ref}/check-runs", ["checks:read"], listForCommit),
  onRepository("GET /check-suites/{check_suite_id}/check-runs", ["checks:read"], listForSuite),
];
