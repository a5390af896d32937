import { hunkAt, parseHunks, excerpt, type Hunk, type Side } from "../git/hunks.ts";
import type { FileDiff } from "../git/diff.ts";
import { unprocessable, validationFailed } from "../http/errors.ts";
import { characters, oneOf, optionalInteger, optionalText, text, type Body } from "../http/fields.ts";

/** Source: GitHub's answer, "Body is too long (maximum is 65536 characters)". */
export const BODY = 65_536;

export function readBody(resource: string, body: string): string {
  if (characters(body) > BODY)
    throw validationFailed(resource, "body", `body is too long (maximum is ${BODY} characters)`);
  return body;
}

/** Where a new comment goes, once it is known that it can go there. */
export interface Placement {
  path: string;
  side: Side;
  line: number | null;
  startLine: number | null;
  startSide: Side | null;
  diffHunk: string;
  position: number;
}

const SIDES = ["LEFT", "RIGHT"] as const;

const THREAD = "pull_request_review_thread";

function fileOf(files: readonly FileDiff[], path: string): FileDiff {
  const file = files.find((one) => one.path === path);
  if (!file) throw unprocessable("Path could not be resolved");
  return file;
}

function hunkOf(hunks: readonly Hunk[], side: Side, line: number, what: string): Hunk {
  const hunk = hunkAt(hunks, side, line);
  if (!hunk) throw unprocessable(`${THREAD}.${what} must be part of the diff`);
  return hunk;
}

interface Range {
  start: number | undefined;
  startSide: Side;
  line: number;
  side: Side;
}

/** A range lies in one hunk, and its start comes before its end. Source: REST docs and answers, reviews. */
function checkRange(hunks: readonly Hunk[], { start, startSide, line, side }: Range): void {
  const end = hunkOf(hunks, side, line, "line");
  if (start === undefined) return;
  if (side === startSide && start >= line)
    throw unprocessable(`${THREAD}.start_line must precede the end line.`);
  if (hunkOf(hunks, startSide, start, "start_line") !== end)
    throw unprocessable(`${THREAD}.start_line must be part of the same hunk as the line.`);
}

/** The old way of saying a line: how far below the file's first `@@` it is. */
function fromPosition(hunks: readonly Hunk[], position: number): { side: Side; line: number } {
  const last = hunks.reduce((sum, hunk) => sum + hunk.lines.length + 1, -1);
  if (position < 1 || position > last) throw unprocessable("Position could not be resolved");
  let left = position;
  for (const hunk of hunks) {
    if (left <= hunk.lines.length) return lineAt(hunk, left);
    left -= hunk.lines.length + 1;
  }
  throw unprocessable("Position could not be resolved");
}

function lineAt(hunk: Hunk, count: number): { side: Side; line: number } {
  const above = hunk.lines.slice(0, count);
  if (above.at(-1)?.startsWith("-"))
    return { side: "LEFT", line: hunk.oldStart - 1 + above.filter((line) => !line.startsWith("+")).length };
  return { side: "RIGHT", line: hunk.newStart - 1 + above.filter((line) => !line.startsWith("-")).length };
}

/** Finds the place of a comment in the pull request's diff; anything outside it is refused. */
export function place(files: readonly FileDiff[], body: Body): Placement {
  const path = text(body, "path");
  const hunks = parseHunks(fileOf(files, path).patch);
  const position = optionalInteger(body, "position");
  const said = optionalInteger(body, "line");
  if (said === undefined && position === undefined) throw unprocessable("Line could not be resolved");
  const { side, line } =
    said === undefined
      ? fromPosition(hunks, position!)
      : { side: oneOf(body, "side", SIDES) ?? "RIGHT", line: said };
  const start = optionalInteger(body, "start_line");
  const startSide = oneOf(body, "start_side", SIDES) ?? side;
  checkRange(hunks, { start, startSide, line, side });
  const { text: diffHunk, position: at } = excerpt(hunks, side, line);
  return {
    path,
    side,
    line,
    startLine: start ?? null,
    startSide: start === undefined ? null : startSide,
    diffHunk,
    position: at,
  };
}

/** `subject_type: file` is for single comments only. Source: OpenAPI, "Create a review comment". */
export function placeOnFile(files: readonly FileDiff[], body: Body): Placement {
  const path = fileOf(files, text(body, "path")).path;
  return { path, side: "RIGHT", line: null, startLine: null, startSide: null, diffHunk: "", position: 1 };
}

export const isOnFile = (body: Body): boolean => optionalText(body, "subject_type") === "file";
