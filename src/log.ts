import { pino } from "pino";
import type { DestinationStream, Logger } from "pino";

export type { Logger };

/**
 * Credentials that may turn up in an error's message: GitHub's tokens (`ghs_…`; the newer, stateless ones hold dots and
 * are some 520 characters long), JSON web tokens, private keys, and passwords inside URLs.
 */
const SECRETS: readonly [RegExp, string][] = [
  [/\b(?:gh[a-z]|github_pat)_[A-Za-z0-9._-]+/g, "[token]"],
  [/\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+/g, "[token]"],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|(?="))/g, "[private key]"],
  [/(\b\w{1,20}:\/\/[^\s:/"]*:)[^\s@/"]+@/g, "$1[password]@"],
];

/** A line without the credentials in it. */
export function redact(line: string): string {
  return SECRETS.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), line);
}

/** Error objects carry whole requests and answers with them, and those what a pull request says: only this is logged. */
interface Brief {
  readonly type: string;
  readonly message: string;
  readonly stack?: string | undefined;
  readonly status?: unknown;
  readonly code?: unknown;
  readonly cause?: Brief;
  readonly errors?: readonly Brief[];
}

/** Causes of causes, and errors thrown together, that are logged. */
const DEEPEST = 4;
const MOST = 5;

function brief(error: unknown, depth = 0): Brief {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error) };
  const { status, code } = error as { status?: unknown; code?: unknown };
  const deeper = depth < DEEPEST;
  return {
    type: error.name,
    message: error.message,
    stack: error.stack,
    ...(status !== undefined && { status }),
    ...(code !== undefined && { code }),
    ...(deeper && error.cause !== undefined && { cause: brief(error.cause, depth + 1) }),
    ...(deeper &&
      error instanceof AggregateError && {
        errors: error.errors.slice(0, MOST).map((one) => brief(one, depth + 1)),
      }),
  };
}

/** For Probot, which writes whole payloads and requests at its finer levels: none of these. */
export const withoutPayloads = (log: Logger): Logger =>
  log.isLevelEnabled("debug") ? log.child({}, { level: "info" }) : log;

/** JSON lines on standard output. */
export function createLog(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    hooks: { streamWrite: redact },
    serializers: { err: (error: unknown) => brief(error) },
  };
  return destination ? pino(options, destination) : pino(options);
}
