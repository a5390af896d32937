import { createHash } from "node:crypto";
import type { Check, Example, ExampleFiles } from "../../src/checks/define.ts";
import type { Finding, Report, Tree } from "../../src/engine/types.ts";
import { defaultPolicy } from "../../src/policy/index.ts";
import { render } from "../../src/renderers/index.ts";
import { review } from "../../src/review.ts";

/** No example has a waiver, so any day will do; the same one each time keeps pages the same. */
const policy = defaultPolicy("2026-01-01");

/** An example's files by path. */
export function filesOf(files: ExampleFiles | undefined): Record<string, string> {
  return typeof files === "string" ? { "manifests.yaml": files } : { ...files };
}

/** Judges an example as a repository of its own, by the policy of who wrote none. */
export async function judge({ before, after, facts = {} }: Omit<Example, "title">): Promise<Report> {
  const base = { ...treeOf(filesOf(before), "base"), facts };
  return review(base, { ...treeOf(filesOf(after), "head"), facts }, policy, render);
}

/** What a check says of an example that it flags. */
export async function saidOf(check: Check, example: Example): Promise<Finding[]> {
  const { findings } = await judge(example);
  return findings.filter((finding) => finding.check === check.id && isNew(finding));
}

/** Findings that the change is to blame for. */
export const isNew = ({ standing }: Finding): boolean => standing === "introduced" || standing === "worsened";

function treeOf(files: Record<string, string>, commit: string): Tree {
  const blobs = Object.entries(files).map(
    ([path, text]) => [path, { text, sha: createHash("sha1").update(text).digest("hex") }] as const,
  );
  return { commit, files: new Map(blobs), notes: [] };
}
