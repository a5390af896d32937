/**
 * Thrown by a worker when GitHub says when to come back (a rate limit). The job is put back for that moment: nothing
 * sleeps on it, and it does not count as a try.
 */
export class RetryLater extends Error {
  readonly at: Date;

  constructor(at: Date, reason: string, options?: ErrorOptions) {
    super(`${reason}; to be tried again at ${at.toISOString()}`, options);
    this.name = "RetryLater";
    this.at = at;
  }
}

/** The RetryLater inside an error: itself, its cause, or one of several errors thrown together. The latest wins. */
export function retryLaterIn(error: unknown): RetryLater | undefined {
  if (error instanceof RetryLater) return error;
  if (error instanceof AggregateError) {
    const all = error.errors.map(retryLaterIn).filter((found) => found !== undefined);
    return all.sort((a, b) => b.at.getTime() - a.at.getTime())[0];
  }
  return error instanceof Error && error.cause !== undefined ? retryLaterIn(error.cause) : undefined;
}
