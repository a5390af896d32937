/** Started by the benchmark in a process of its own: reviews one generated repository and prints what it cost. */
import { createHash } from "node:crypto";
import type { Blob, Tree } from "../../src/engine/types.ts";
import { defaultPolicy } from "../../src/policy/index.ts";
import { render } from "../../src/renderers/index.ts";
import { review } from "../../src/review.ts";
import { peakMemory } from "../support/peak-memory.ts";
import { afterChange, benchRepository } from "./manifests.ts";

/** What one child measured. */
export interface ChildResult {
  readonly manifests: number;
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

function treesOf(count: number): [base: Tree, head: Tree] {
  const repository = benchRepository(count);
  return [asTree("base", repository.files), asTree("head", afterChange(repository))];
}

async function measure(count: number, runs: number): Promise<ChildResult> {
  const [base, head] = treesOf(count);
  const policy = defaultPolicy("2026-01-01");
  const ms: number[] = [];
  let [rssMB, findings] = [0, 0];
  for (let run = 0; run < runs; run++) {
    globalThis.gc?.();
    const start = performance.now();
    const report = await review(base, head, policy, render);
    ms.push(performance.now() - start);
    findings = report.findings.length;
    if (report.scope.manifests !== count)
      throw new Error(`${report.scope.manifests} of ${count} manifests were read.`);
    if (run === 0) rssMB = peakMemory() / 1e6;
  }
  const texts = new Set([base, head].flatMap(({ files }) => [...files.values()].map(({ text }) => text)));
  const bytes = [...texts].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  return { manifests: count, bytes, findings, ms, rssMB };
}

const [count = "100", runs = "1"] = process.argv.slice(2);
process.stdout.write(JSON.stringify(await measure(Number(count), Number(runs))));
