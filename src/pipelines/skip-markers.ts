/**
 * What in a commit's message keeps GitHub from starting the workflows of its push.
 * Source: https://docs.github.com/en/actions/how-tos/manage-workflow-runs/skip-workflow-runs
 */
const MARKER = /\[(?:skip ci|ci skip|no ci|skip actions|actions skip)\]/i;
/** A trailer stands at the end, below an empty line. */
const TRAILER = /\n\n[^\n]*(?:\n[^\n]+)*skip-checks:\s*true\s*$/i;

/** The marker in a message, as it is written. */
export const skipMarker = (message: string): string | undefined =>
  MARKER.exec(message)?.[0] ?? (TRAILER.test(`\n\n${message.trimEnd()}`) ? trailerOf(message) : undefined);

const trailerOf = (message: string): string | undefined =>
  /^skip-checks:\s*true\s*$/im.test(message) ? "skip-checks: true" : undefined;
