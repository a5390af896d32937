import type { Policy } from "../engine/types.ts";
import type { ReviewRequest } from "../queue/types.ts";
import { closeOpenRuns, publish, type Board } from "./check-runs.ts";
import { publishComments, type Spoken } from "./comments.ts";
import { currentState, loadContext, type Context } from "./context.ts";
import type { Draft } from "./draft.ts";
import { CannotReview, orLater } from "./errors.ts";
import { loadFacts } from "./facts.ts";
import { isGone } from "./gone.ts";
import { judgeChange } from "./judge.ts";
import { isRelevant, loadChange, loadTrees } from "./load-trees.ts";
import { withSignal, type Octokit } from "./octokit.ts";
import { worstOnHead } from "./same-head.ts";
import type { Services } from "./services.ts";
import type { Source } from "./source.ts";
import { notVerified, nothingToCheck } from "./statements.ts";
import { unverifiedPolicy } from "./unverified.ts";

export type { Services } from "./services.ts";
export { reportUnverified } from "./unverified.ts";

/** One review under way. */
interface Work {
  readonly request: ReviewRequest;
  readonly services: Services;
  readonly octokit: Octokit;
  readonly context: Context;
  readonly startedAt: Date;
  readonly signal: AbortSignal;
}

/** What is posted in the end: the check runs, then the comments. */
interface Result {
  readonly drafts: readonly Draft[];
  readonly spoken?: Spoken;
}

/**
 * The use case: load the context, read both trees, judge, publish. What is posted already is not posted again.
 * @throws RetryLater at a rate limit, the signal's reason when aborted, else what failed: the queue tries again
 */
export async function reviewRequest(
  request: ReviewRequest,
  services: Services,
  signal: AbortSignal,
): Promise<void> {
  const { owner, repo, pull, delivery } = request;
  try {
    await orLater(() => run(request, services, signal), services.now);
  } catch (error) {
    signal.throwIfAborted();
    if (!(await isGone(error, request, services))) throw error;
    services.log.info({ owner, repo, pull, delivery, err: error }, "Nothing to review any more");
  }
}

async function run(request: ReviewRequest, services: Services, signal: AbortSignal): Promise<void> {
  const startedAt = services.now();
  const octokit = withSignal(await services.octokit(request.installation), signal);
  const context = await loadContext(octokit, request, services.appId);
  const work = { request, services, octokit, context, startedAt, signal };
  const result = await resultOf(work);
  signal.throwIfAborted();
  await post(work, result);
  signal.throwIfAborted();
}

/** What cannot be reviewed is said at once: another try would end alike. */
async function resultOf(work: Work): Promise<Result> {
  try {
    return await judged(work);
  } catch (error) {
    if (!(error instanceof CannotReview)) throw error;
    const policy = unverifiedPolicy(work.context, work.services);
    return { drafts: notVerified(policy, error.message, work.request.delivery) };
  }
}

async function judged({ request, services, octokit, context, signal }: Work): Promise<Result> {
  const { owner, repo } = context;
  const source: Source = {
    octokit,
    owner,
    repo,
    cache: services.cache,
    reader: String(request.installation),
  };
  const change = await loadChange(source, context, request.pull);
  if (!isRelevant(change)) return { drafts: nothingToCheck(), spoken: nothingFound };
  const trees = await loadTrees(source, change);
  const factsBy = (policy: Policy) => loadFacts(source, context, trees, policy);
  return judgeChange(context, { ...trees, factsBy }, services, signal);
}

/** Comments of an earlier push are tidied up even where nothing is left to check. */
const nothingFound: Spoken = { report: { findings: [] }, policy: { comments: "off" }, files: [] };

const boardOf = ({ request, services, octokit, context, startedAt }: Work): Board => ({
  octokit,
  owner: context.owner,
  repo: context.repo,
  head: context.head,
  subject: context.subject,
  app: services.appId,
  runs: context.runs,
  startedAt,
  ...(request.attempt !== undefined && { attempt: request.attempt }),
});

/** Checks first, comments second: a lost comment never costs the verdict. */
async function post(work: Work, { drafts, spoken }: Result): Promise<void> {
  const { context, octokit, services } = work;
  const board = boardOf(work);
  const isQuiet = spoken === nothingFound ? false : await isOvertaken(work, board);
  if (isQuiet === undefined) return;
  for (const draft of drafts) await publish(board, await worstOnHead(board, draft));
  const { owner, repo, subject, head, threads } = context;
  if (!spoken || isQuiet || context.quiet || typeof subject !== "number") return;
  await publishComments({ octokit, pull: { owner, repo, number: subject }, head, threads }, spoken, services);
}

/**
 * Looks at the pull request once more before writing: undefined where it was pushed to or closed meanwhile, else whether
 * it is a draft by now. The new head has a review of its own; all that is left to do is to leave nothing open here.
 */
async function isOvertaken(
  { request, services, octokit, context }: Work,
  board: Board,
): Promise<boolean | undefined> {
  const { owner, repo, subject, head } = context;
  if (typeof subject !== "number") return true;
  const now = await currentState(octokit, { owner, repo, number: subject });
  if (now.open && now.head === head) return now.draft;
  await closeOpenRuns(board);
  services.log.info(
    { owner, repo, pull: subject, delivery: request.delivery, head, now },
    "Overtaken by another push",
  );
  return undefined;
}
