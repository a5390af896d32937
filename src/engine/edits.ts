import { diffLines } from "./line-diff.ts";

/** A run of lines, 1-based, the end exclusive: empty where nothing stands there. */
export interface LineRange {
  readonly start: number;
  readonly end: number;
}

/** One place where two texts of a file differ. */
export interface Edit {
  readonly path: string;
  readonly before: LineRange;
  readonly after: LineRange;
}

/** More pairs of lines than this are not compared one by one: all between the first and the last change is one edit. */
const MOST_PAIRS = 1_000_000;

/** Where a file differs, from top to bottom; a file that is not there has no lines. */
export function editsOf(path: string, before = "", after = ""): Edit[] {
  const [old, now] = [linesOf(before), linesOf(after)];
  const start = sharedStart(old, now);
  const end = sharedStart(old.slice(start).reverse(), now.slice(start).reverse());
  const [left, right] = [old.slice(start, old.length - end), now.slice(start, now.length - end)];
  if (left.length + right.length === 0) return [];
  const offset = start + 1;
  if (left.length === 0 || right.length === 0 || left.length * right.length > MOST_PAIRS)
    return [{ path, before: range(offset, left.length), after: range(offset, right.length) }];
  return runs(path, diffLines(left, right), offset);
}

const linesOf = (text: string) => (text === "" ? [] : text.replace(/\n$/, "").split("\n"));

const range = (start: number, length: number): LineRange => ({ start, end: start + length });

function sharedStart(one: readonly string[], other: readonly string[]): number {
  const index = one.findIndex((line, place) => line !== other[place]);
  return index < 0 ? one.length : index;
}

function runs(path: string, lines: ReturnType<typeof diffLines>, offset: number): Edit[] {
  const edits: Edit[] = [];
  let [left, right] = [offset, offset];
  let [fromLeft, fromRight] = [left, right];
  const flush = () => {
    if (left > fromLeft || right > fromRight)
      edits.push({
        path,
        before: { start: fromLeft, end: left },
        after: { start: fromRight, end: right },
      });
  };
  for (const { kind } of lines) {
    if (kind === " ") {
      flush();
      [left, right] = [left + 1, right + 1];
      [fromLeft, fromRight] = [left, right];
    } else if (kind === "-") left++;
    else right++;
  }
  flush();
  return edits;
}
