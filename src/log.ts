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
  [/(\w+:\/\/[^\s:/"]*:)[^\s@/"]+@/g, "$1[password]@"],
];

/** A line without the credentials in it. */
export function redact(line: string): string {
  return SECRETS.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), line);
}

/** JSON lines on standard output. */
export function createLog(level: string, destination?: DestinationStream): Logger {
  const options = { level, hooks: { streamWrite: redact } };
  return destination ? pino(options, destination) : pino(options);
}
