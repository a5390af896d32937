/** Started by the benchmark in a process of its own: reviews one repository and prints what it cost. */
import { createHash } from "node:crypto";
import type { Blob, Tree } from "../../src/engine/types.ts";
// As the thread that judges: it gets a policy that was read elsewhere, and loads no schema.
import { defaultPolicy } from "../../src/policy/defaults.ts";
import { render } from "../../src/renderers/index.ts";
import { review } from "../../src/review.ts";
import { peakMemory } from "../support/peak-memory.ts";
import { afterChange, benchRepository } from "./manifests.ts";
import { afterNewRunner, benchWorkflows, workflowsBelow } from "./workflows.ts";

/** What one child measured. */
export interface ChildResult {
  /** Of the blobs of both sides, each once. */
  readonly bytes: number;
  readonly findings: number;
  /** Of each review in turn, the first one without any warm-up. */
  readonly ms: readonly number[];
  /** Highest resident set of the process so far, in MB (10^6 bytes), after the first review. */
  readonly rssMB: number;
}

const blobs = new Map<string, Blob>();

/** As the app has it from GitHub: the same content is one blob on both sides, its text one piece and not a chain of many. */
function blobOf(text: string): Blob {
  const bytes = Buffer.from(text);
  const sha = createHash("sha1").update(bytes).digest("hex");
  const blob = blobs.get(sha) ?? { sha, text: bytes.toString("utf8") };
  blobs.set(sha, blob);
  return blob;
}

function asTree(commit: string, texts: ReadonlyMap<string, string>): Tree {
  const files = new Map([...texts].map(([path, text]) => [path, blobOf(text)]));
  return { commit, files, notes: [] };
}

type Texts = ReadonlyMap<string, string>;
type Sides = readonly [base: Tree, head: Tree];

const sides = (base: Texts, head: Texts): Sides => [asTree("base", base), asTree("head", head)];

function manifests(count: number): Sides {
  const repository = benchRepository(count);
  return sides(repository.files, afterChange(repository));
}

function workflows(folder: string): Sides {
  const files = folder === "" ? benchWorkflows() : workflowsBelow(folder);
  return sides(files, afterNewRunner(files));
}

async function measure([base, head]: Sides, expected: number, runs: number): Promise<ChildResult> {
  const policy = defaultPolicy("2026-01-01");
  const ms: number[] = [];
  let [rssMB, findings] = [0, 0];
  for (let run = 0; run < runs; run++) {
    globalThis.gc?.();
    const start = performance.now();
    const report = await review(base, head, policy, render);
    ms.push(performance.now() - start);
    findings = report.findings.length;
    if (report.scope.manifests !== expected)
      throw new Error(`${report.scope.manifests} of ${expected} manifests were read.`);
    if (run === 0) rssMB = peakMemory() / 1e6;
  }
  const texts = new Set([base, head].flatMap(({ files }) => [...files.values()].map(({ text }) => text)));
  const bytes = [...texts].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  return { bytes, findings, ms, rssMB };
}

const [kind, what = "", runs = "1"] = process.argv.slice(2);
const result =
  kind === "workflows"
    ? await measure(workflows(what), 0, Number(runs))
    : await measure(manifests(Number(what)), Number(what), Number(runs));
process.stdout.write(JSON.stringify(result));
