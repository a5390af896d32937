/** Where a patch has lines: what can be commented on, and where a line moved. Pure text work. */

export type Side = "LEFT" | "RIGHT";

export interface Hunk {
  header: string;
  oldStart: number;
  oldCount: number;
  newStart: number;
  newCount: number;
  lines: readonly string[];
}

const HEADER = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/;

export function parseHunks(patch: string): Hunk[] {
  const hunks: (Hunk & { lines: string[] })[] = [];
  for (const line of patch === "" ? [] : patch.split("\n")) {
    const match = HEADER.exec(line);
    if (match) {
      const [, oldStart, oldCount = "1", newStart, newCount = "1"] = match;
      hunks.push({
        header: line,
        oldStart: Number(oldStart),
        oldCount: Number(oldCount),
        newStart: Number(newStart),
        newCount: Number(newCount),
        lines: [],
      });
    } else hunks.at(-1)?.lines.push(line);
  }
  return hunks;
}

/** The lines that a patch removes (numbers of the old file) and adds (numbers of the new file). */
export function changedLines(patch: string): { removed: number[]; added: number[] } {
  const removed: number[] = [];
  const added: number[] = [];
  for (const hunk of parseHunks(patch)) {
    let before = hunk.oldStart;
    let after = hunk.newStart;
    for (const line of hunk.lines) {
      if (line.startsWith("-")) removed.push(before++);
      else if (line.startsWith("+")) added.push(after++);
      else if (line.startsWith(" ")) {
        before++;
        after++;
      }
    }
  }
  return { removed, added };
}

/** The hunk that shows this line on this side: changed lines and their context. */
export function hunkAt(hunks: readonly Hunk[], side: Side, line: number): Hunk | undefined {
  return hunks.find((hunk) => {
    const [start, count] = side === "LEFT" ? [hunk.oldStart, hunk.oldCount] : [hunk.newStart, hunk.newCount];
    return line >= start && line < start + count;
  });
}

/** Where a line of the old file is in the new file; null if the patch removes it. */
export function follow(patch: string, line: number): number | null {
  const { removed, added } = changedLines(patch);
  if (removed.includes(line)) return null;
  let at = line - removed.filter((gone) => gone < line).length;
  for (const fresh of added) if (fresh <= at) at++;
  return at;
}

/** The hunk down to a line, as a comment shows it; and the line's `position`, counted from the first `@@`. */
export function excerpt(
  hunks: readonly Hunk[],
  side: Side,
  line: number,
): { text: string; position: number } {
  let position = 0;
  for (const hunk of hunks) {
    if (hunk !== hunks[0]) position++;
    const shown = [hunk.header];
    let before = hunk.oldStart - 1;
    let after = hunk.newStart - 1;
    for (const content of hunk.lines) {
      position++;
      shown.push(content);
      if (!content.startsWith("+")) before++;
      if (!content.startsWith("-")) after++;
      const here =
        side === "LEFT"
          ? before === line && !content.startsWith("+")
          : after === line && !content.startsWith("-");
      if (here) return { text: shown.join("\n"), position };
    }
  }
  return { text: "", position: 0 };
}
