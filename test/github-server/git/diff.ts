import { changedLines } from "./hunks.ts";

export type FileStatus = "added" | "removed" | "modified" | "renamed";

export interface FileDiff {
  status: FileStatus;
  path: string;
  previousPath: string | undefined;
  /** The blob at head; at base for a removed file. */
  oid: string;
  additions: number;
  deletions: number;
  /** From the first `@@`; empty where there is no text to show (binary, mode only, pure rename). */
  patch: string;
}

interface RawEntry {
  status: string;
  from: string;
  to: string;
  path: string;
  previousPath: string | undefined;
}

const STATUS: Readonly<Record<string, FileStatus>> = { A: "added", D: "removed", R: "renamed" };

/** Arguments whose output {@link parseDiff} reads: raw entries, each ended by NUL, a NUL, then the patches. */
export const DIFF_ARGUMENTS = [
  "diff-tree",
  "-r",
  "-M",
  "-l0",
  "--full-index",
  "--raw",
  "--patch",
  "-z",
  "--no-textconv",
  "--no-ext-diff",
];

function parseRaw(fields: readonly string[]): RawEntry[] {
  const entries: RawEntry[] = [];
  for (let at = 0; fields[at]?.startsWith(":");) {
    const [, , from, to, status] = fields[at]!.split(" ") as [string, string, string, string, string];
    const renamed = status.startsWith("R");
    const path = fields[at + (renamed ? 2 : 1)]!;
    entries.push({
      status: status.charAt(0),
      from,
      to,
      path,
      previousPath: renamed ? fields[at + 1] : undefined,
    });
    at += renamed ? 3 : 2;
  }
  return entries;
}

/** Every line of a patch's content starts with a blank, `+`, `-` or `\`, so the header cannot be mistaken. */
const splitPatches = (text: string): string[] =>
  text.split(/^(?=diff --git )/m).filter((part) => part !== "");

function hunksOf(section: string): string {
  const start = section.search(/^@@ /m);
  return start < 0 ? "" : section.slice(start).replace(/\n$/, "");
}

function describe(entry: RawEntry, patch: string): FileDiff {
  const { added, removed } = changedLines(patch);
  const status = STATUS[entry.status] ?? "modified";
  return {
    status,
    path: entry.path,
    previousPath: entry.previousPath,
    oid: status === "removed" ? entry.from : entry.to,
    additions: added.length,
    deletions: removed.length,
    patch,
  };
}

export function parseDiff(output: Buffer): FileDiff[] {
  const bytes = output.toString();
  const end = bytes.indexOf("\0\0");
  const raw = parseRaw((end < 0 ? bytes : bytes.slice(0, end)).split("\0"));
  const patches = end < 0 ? [] : splitPatches(bytes.slice(end + 2));
  return raw.map((entry) => {
    const patch = hunksOf(patches.shift() ?? "");
    // A file that becomes a link (or back) is one entry but two patches.
    if (entry.status === "T") patches.shift();
    return describe(entry, patch);
  });
}
