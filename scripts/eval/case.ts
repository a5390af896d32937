import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, sep } from "node:path";
import { z } from "zod";
import type { Blob, Note, Tree } from "../../src/engine/types.ts";
import { decode, judgeable, oversized, relevance } from "../../src/sources/relevant.ts";

const Lines = z.object({
  path: z.string(),
  /** `head-gap`: deleted just before that line of the head. `base`: the file is gone. */
  side: z.enum(["head", "head-gap", "base"]),
  /** `12` or `12-14`. */
  ranges: z.array(z.string().regex(/^\d+(-\d+)?$/)),
});

const Label = z.object({
  id: z.string(),
  label: z.enum(["hazard", "fix", "neutral"]),
  category: z.string(),
  secondary_categories: z.array(z.string()).default([]),
  severity: z.enum(["high", "medium", "low"]).nullable(),
  deliberate: z.boolean(),
  format: z.string(),
  resource: z.string(),
  expected: z.string(),
  lines: z.array(Lines),
  /** Status and path of each changed file, as `git diff --name-status` says it. */
  changed: z.array(z.array(z.string()).min(2)),
});

export type Label = z.infer<typeof Label>;

/** One real change: what a reader said about it, and the repository before and after. */
export interface Case {
  readonly label: Label;
  readonly base: Tree;
  readonly head: Tree;
}

/** The folders of labelled changes under `dir` (or under its `cases/`), sorted by name. */
export function caseFolders(dir: string): string[] {
  const root = existsSync(join(dir, "cases")) ? join(dir, "cases") : dir;
  return readdirSync(root)
    .toSorted()
    .map((name) => join(root, name))
    .filter((folder) => existsSync(join(folder, "case.json")));
}

export function readLabel(folder: string): Label {
  const parsed = Label.safeParse(JSON.parse(readFileSync(join(folder, "case.json"), "utf8")));
  if (!parsed.success) throw new Error(`${join(folder, "case.json")}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

export function readCase(folder: string): Case {
  const trees = judgeable(readFolder(join(folder, "base"), "base"), readFolder(join(folder, "head"), "head"));
  return { label: readLabel(folder), ...trees };
}

/** A folder as a tree, cut down to what nines reads. A folder that is not there is an empty repository. */
function readFolder(dir: string, commit: string): Tree {
  const files = new Map<string, Blob>();
  const notes: Note[] = [];
  for (const path of filesIn(dir)) {
    const bytes = readFileSync(join(dir, path));
    const large = oversized(path, bytes.length);
    const read = decode(bytes);
    if (large) notes.push(large);
    else if (typeof read === "string") notes.push({ path, message: `This file was not read. ${read}` });
    else files.set(path, { sha: createHash("sha1").update(bytes).digest("hex"), text: read.text });
  }
  return { commit, files, notes };
}

function filesIn(dir: string): string[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir, { recursive: true, encoding: "utf8" })
    .filter((path) => statSync(join(dir, path)).isFile())
    .map((path) => path.replaceAll(sep, "/"))
    .filter((path) => relevance(path) !== undefined)
    .toSorted();
}
