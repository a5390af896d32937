import { timestamp, type Host } from "../host.ts";
import { invalidRequest, notFound } from "../http/errors.ts";
import { oneOf, optionalText, text, type Body } from "../http/fields.ts";
import type { CheckRun, CheckStatus, CheckSuite, Conclusion, RepositoryState } from "../state.ts";
import { readActions, readOutput } from "./check-limits.ts";

/** The rest of the statuses belong to GitHub Actions. Source: OpenAPI, "Create a check run". */
const STATUSES: readonly CheckStatus[] = ["queued", "in_progress", "completed"];
/** `stale` and `startup_failure` are GitHub's own. Source: OpenAPI, "Create a check run". */
const CONCLUSIONS: readonly Conclusion[] = [
  "action_required",
  "cancelled",
  "failure",
  "neutral",
  "success",
  "skipped",
  "timed_out",
];
/** Source: REST docs, "Create a check run": 1,000 runs of one name in a suite, the oldest are deleted. */
const RUNS_OF_A_NAME = 1000;

/** Every commit that is pushed gets a suite for the app. Source: docs, "Check suites". */
export function ensureSuite(host: Host, state: RepositoryState, sha: string): CheckSuite {
  const known = state.suites.get(sha);
  if (known) return known;
  const pulls = [...state.pulls.values()].filter(({ headSha }) => headSha === sha);
  const branch =
    pulls.find(({ fork }) => fork === null)?.head ?? (pulls.length > 0 ? null : state.defaultBranch);
  const suite = { id: host.nextId(), sha, branch, createdAt: timestamp(host) };
  state.suites.set(sha, suite);
  return suite;
}

export function checkRunById(state: RepositoryState, id: number): CheckRun {
  const run = state.checkRuns.find((one) => one.id === id);
  if (!run) throw notFound();
  return run;
}

interface Outcome {
  status: CheckStatus | undefined;
  conclusion: Conclusion | undefined;
}

function readOutcome(body: Body): Outcome {
  const conclusion = oneOf(body, "conclusion", CONCLUSIONS);
  // "Providing conclusion will automatically set the status parameter to completed."
  const status = conclusion ? "completed" : oneOf(body, "status", STATUSES);
  if (status === "completed" && !conclusion) throw invalidRequest(`"conclusion" wasn't supplied.`);
  return { status, conclusion };
}

function applyCommon(run: CheckRun, body: Body): void {
  const output = readOutput(body);
  const actions = readActions(body);
  if (output) {
    run.output = output.output;
    // Annotations of an update are added to those that are there, never replaced.
    run.annotations = [...run.annotations, ...output.annotations];
  }
  if (actions) run.actions = actions;
  run.details_url = optionalText(body, "details_url") ?? run.details_url;
  run.external_id = optionalText(body, "external_id") ?? run.external_id;
  run.started_at = optionalText(body, "started_at") ?? run.started_at;
}

function forgetOldest(state: RepositoryState, run: CheckRun): void {
  const same = state.checkRuns.filter(({ suiteId, name }) => suiteId === run.suiteId && name === run.name);
  if (same.length > RUNS_OF_A_NAME) state.checkRuns.splice(state.checkRuns.indexOf(same[0]!), 1);
}

export function createCheckRun(host: Host, state: RepositoryState, sha: string, body: Body): CheckRun {
  const { status = "queued", conclusion } = readOutcome(body);
  const completed = status === "completed";
  const run: CheckRun = {
    id: host.nextId(),
    name: text(body, "name"),
    head_sha: sha,
    suiteId: ensureSuite(host, state, sha).id,
    status,
    conclusion: conclusion ?? null,
    external_id: "",
    details_url: null,
    started_at: timestamp(host),
    completed_at: completed ? (optionalText(body, "completed_at") ?? timestamp(host)) : null,
    output: { title: null, summary: null, text: null },
    annotations: [],
    actions: [],
  };
  applyCommon(run, body);
  state.checkRuns.push(run);
  forgetOldest(state, run);
  return run;
}

export function updateCheckRun(host: Host, run: CheckRun, body: Body): void {
  const { status, conclusion } = readOutcome(body);
  // A verdict stands: another attempt is another run.
  if (run.status === "completed" && status !== undefined && status !== "completed")
    throw invalidRequest("A completed check run cannot be reopened.");
  applyCommon(run, body);
  run.name = optionalText(body, "name") ?? run.name;
  run.status = status ?? run.status;
  if (!conclusion) return;
  run.conclusion = conclusion;
  run.completed_at = optionalText(body, "completed_at") ?? timestamp(host);
}

/** The newest-created run of each name decides; newest first. */
export function latestOf(runs: readonly CheckRun[]): CheckRun[] {
  const latest = new Map<string, CheckRun>();
  for (const run of runs) latest.set(run.name, run);
  return [...latest.values()].toSorted((a, b) => b.id - a.id);
}
