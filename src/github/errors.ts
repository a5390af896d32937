import { RetryLater } from "../queue/retry-later.ts";

/** One entry of a GraphQL answer's `errors`. */
export interface GraphqlError {
  readonly type?: string;
  readonly message: string;
  readonly path?: readonly (string | number)[];
}

/** The parts of Octokit's errors that are looked at, whichever copy of its classes threw them. */
interface Failure {
  readonly name?: string;
  readonly cause?: unknown;
  readonly message?: string;
  readonly status?: number;
  readonly headers?: Headers;
  readonly errors?: readonly GraphqlError[];
  readonly response?: { readonly headers?: Headers };
}
type Headers = Readonly<Record<string, string | number | undefined>>;

/** What nobody can review any more: the pull request, its repository or the installation is gone. Ends the job. */
export class Gone extends Error {
  override readonly name = "Gone";
}

/** The review cannot be made however often it is tried; the message says why, to the author. */
export class CannotReview extends Error {
  override readonly name = "CannotReview";
}

/** Docs, "Rate limits for the REST API": without a `retry-after`, wait at least one minute. */
const AT_LEAST_MS = 60_000;

const asFailure = (error: unknown): Failure => (error instanceof Error ? error : {});

export const statusOf = (error: unknown): number | undefined => asFailure(error).status;

export const graphqlErrors = (error: unknown): readonly GraphqlError[] => asFailure(error).errors ?? [];

/** Whether the write may have happened although no answer came. */
export function isUnknownOutcome(error: unknown): boolean {
  const status = statusOf(error);
  return status !== undefined && status >= 500;
}

/** Whether the work was called off, and not GitHub failed. */
export function isAborted(error: unknown): boolean {
  const { name, cause } = asFailure(error);
  return name === "AbortError" || (cause as { name?: unknown } | undefined)?.name === "AbortError";
}

/** Not there, empty, gone, blocked. */
const GONE = [404, 409, 410, 451];

/** Whether the answer says that what was asked for is not there (any more). */
export function isMissing(error: unknown): boolean {
  const status = statusOf(error);
  return status !== undefined && GONE.includes(status);
}

/** Whether the installation itself was suspended or removed. */
export const isSuspended = (error: unknown): boolean =>
  statusOf(error) === 403 && /suspended/i.test(asFailure(error).message ?? "");

function isLimit({ status, message = "", errors = [] }: Failure, headers: Headers): boolean {
  if (errors.some(({ type }) => type === "RATE_LIMITED" || type === "RATE_LIMIT")) return true;
  if (status !== 403 && status !== 429) return false;
  return (
    status === 429 ||
    headers["retry-after"] !== undefined ||
    Number(headers["x-ratelimit-remaining"] ?? 1) === 0 ||
    /rate limit/i.test(message)
  );
}

/** When GitHub wants to be asked again, where the error is one of its limits. */
export function limitedUntil(error: unknown, now: Date): Date | undefined {
  const failure = asFailure(error);
  const headers = failure.response?.headers ?? failure.headers ?? {};
  if (!isLimit(failure, headers)) return undefined;
  const after = Number(headers["retry-after"]);
  if (after > 0) return new Date(now.getTime() + after * 1000);
  const reset = Number(headers["x-ratelimit-reset"]) * 1000;
  const exhausted = Number(headers["x-ratelimit-remaining"]) === 0;
  const atLeast = now.getTime() + (exhausted ? 0 : AT_LEAST_MS);
  return new Date(Math.max(exhausted && reset > 0 ? reset : 0, atLeast));
}

/** Runs the work; a limit of GitHub's comes out as the date on which to come back. */
export async function orLater<T>(work: () => Promise<T>, now: () => Date): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const at = limitedUntil(error, now());
    if (!at) throw error;
    throw new RetryLater(at, `GitHub's rate limit: ${error instanceof Error ? error.message : "no message"}`);
  }
}
