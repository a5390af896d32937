import type { Annotation } from "../reporters/annotations.ts";
import { runTitle, type Conclusion, type Draft } from "./draft.ts";
import { isUnknownOutcome } from "./errors.ts";
import { digestOf, makeExternalId, subjectName, type Subject } from "./external-id.ts";
import type { Octokit } from "./octokit.ts";
import { listRuns, type Run } from "./own-runs.ts";

/** Where check runs go, and which are there already. */
export interface Board {
  readonly octokit: Octokit;
  readonly owner: string;
  readonly repo: string;
  readonly head: string;
  readonly subject: Subject;
  readonly app: number;
  /** Own runs on the head, newest first. */
  readonly runs: readonly Run[];
  /** Makes new runs although nothing changed. */
  readonly attempt?: string;
  readonly startedAt: Date;
}

/** A draft whose conclusion may be another pull request's. */
export interface Posting {
  readonly draft: Draft;
  readonly borrowed: boolean;
}

/** OpenAPI, "Create a check run": "a maximum of 50 per API request". */
const BATCH = 50;
/** How often a write is tried whose outcome is not known. */
const TRIES = 3;

const ACTIONS = [{ label: "Re-check", description: "Judge this commit again", identifier: "recheck" }];

/** The runs that were made for the same pull request or group, newest first. */
function ownRuns({ runs, subject }: Board): Run[] {
  const own = subjectName(subject);
  return runs.filter(({ made }) => made !== undefined && subjectName(made.subject) === own);
}

/**
 * Puts a check run on the head. One that shows the same already is left as it is; one that a crash left half sent is
 * finished; anything else is a new run, since the newest created decides and completed ones cannot be opened again.
 */
export async function publish(board: Board, { draft, borrowed }: Posting): Promise<"kept" | "posted"> {
  const { subject, attempt } = board;
  const digest = digestOf(draft);
  const externalId = makeExternalId({ subject, digest, borrowed, ...(attempt !== undefined && { attempt }) });
  const [newest, ...older] = ownRuns(board).filter(({ name }) => name === runTitle(draft.run));
  const isCurrent = newest?.externalId === externalId;
  for (const run of isCurrent ? older : [newest, ...older]) if (run?.open) await close(board, run);
  if (!isCurrent) await create(board, draft, externalId);
  else if (newest.open) await finish(board, newest.id, draft);
  else return "kept";
  return "posted";
}

/** Closes the runs of this pull request or group that were never finished. */
export async function closeOpenRuns(board: Board): Promise<void> {
  for (const run of ownRuns(board)) if (run.open) await close(board, run);
}

async function close({ octokit, owner, repo }: Board, { id }: Run): Promise<void> {
  await octokit.request("PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}", {
    ...{ owner, repo },
    check_run_id: id,
    ...ending("cancelled"),
    output: { title: "Superseded", summary: "A newer review took the place of this one." },
  });
}

const outputOf = ({ title, summary, text }: Draft, batch: readonly Annotation[]) => ({
  title,
  summary,
  ...(text !== undefined && { text }),
  annotations: [...batch],
});

const ending = (conclusion: Conclusion) => ({ status: "completed", conclusion }) as const;

/** Creates the run, with as many annotations as one request takes, and sends the rest after it. */
async function create(board: Board, draft: Draft, externalId: string): Promise<void> {
  const { octokit, owner, repo, head, startedAt } = board;
  const isWhole = draft.annotations.length <= BATCH;
  const id = await certainly(
    async () => {
      const { data } = await octokit.request("POST /repos/{owner}/{repo}/check-runs", {
        ...{
          owner,
          repo,
          name: runTitle(draft.run),
          head_sha: head,
          external_id: externalId,
          actions: ACTIONS,
        },
        started_at: startedAt.toISOString(),
        ...(isWhole ? ending(draft.conclusion) : { status: "in_progress" as const }),
        output: outputOf(draft, draft.annotations.slice(0, BATCH)),
        request: { retries: 0 },
      });
      return Number(data.id);
    },
    () => find(board, draft, externalId),
  );
  if (!isWhole) await finish(board, id, draft, BATCH);
}

async function find(board: Board, draft: Draft, externalId: string): Promise<number | undefined> {
  const runs = await listRuns(board.octokit, board, board.head, board.app);
  return runs.find((run) => run.name === runTitle(draft.run) && run.externalId === externalId)?.id;
}

/** Writes; where no answer came, looks whether it was written before writing again. */
async function certainly<T>(write: () => Promise<T>, look: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await write();
    } catch (error) {
      if (!isUnknownOutcome(error)) throw error;
      const written = await look();
      if (written !== undefined) return written;
      if (tries >= TRIES) throw error;
    }
  }
}

interface Progress {
  /** How many annotations the run has. Each update adds its own, so none may be sent twice. */
  readonly sent: number;
  readonly done: boolean;
}

async function progressOf({ octokit, owner, repo }: Board, id: number): Promise<Progress> {
  const { data } = await octokit.request("GET /repos/{owner}/{repo}/check-runs/{check_run_id}", {
    ...{ owner, repo },
    check_run_id: id,
  });
  return { sent: data.output.annotations_count, done: data.status === "completed" };
}

/** Sends what is missing, batch by batch; the last one carries the conclusion. */
async function finish(board: Board, id: number, draft: Draft, known?: number): Promise<void> {
  let progress = known === undefined ? await progressOf(board, id) : { sent: known, done: false };
  while (!progress.done) {
    const { sent } = progress;
    progress = await certainly(
      () => sendBatch(board, id, draft, sent),
      async () => {
        const now = await progressOf(board, id);
        return now.done || now.sent > sent ? now : undefined;
      },
    );
  }
}

async function sendBatch(
  { octokit, owner, repo }: Board,
  id: number,
  draft: Draft,
  sent: number,
): Promise<Progress> {
  const batch = draft.annotations.slice(sent, sent + BATCH);
  const done = sent + batch.length >= draft.annotations.length;
  await octokit.request("PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}", {
    ...{ owner, repo },
    check_run_id: id,
    ...(done && ending(draft.conclusion)),
    output: outputOf(draft, batch),
    request: { retries: 0 },
  });
  return { sent: sent + batch.length, done };
}
