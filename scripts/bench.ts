/**
 * Measures what a review of manifests and of workflows costs in time and memory, how that grows, how many GitHub calls
 * a push costs, how long webhooks wait for their answer while large reviews run, and how long a push waits for its
 * verdict.
 */
import { Command, InvalidArgumentError, Option } from "commander";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "./bench/built.ts";
import { callsPerPush, type Calls } from "./bench/calls.ts";
import { intakeLatency, verdictLatency, type Latency } from "./bench/latency.ts";
import type { ChildResult } from "./bench/review-child.ts";
import { workflowsBelow } from "./bench/workflows.ts";

const CHILD = join("scripts", "bench", "review-child.ts");
const SIZES = [100, 1000, 5000];
/** The first is the warm-up and does not count. */
const RUNS = 6;

interface Cost {
  /** Of the files of both sides, equal ones once. */
  readonly bytes: number;
  /** Median of the runs after the first. */
  readonly ms: number;
  /** The first review of a fresh process. */
  readonly coldMs: number;
  /** Highest resident set of a process that makes one review, in MB (10^6 bytes). */
  readonly rssMB: number;
}

interface Measure extends Cost {
  readonly manifests: number;
}

async function child(script: string, kind: "manifests" | "workflows", what: string): Promise<ChildResult> {
  // As the container runs it.
  const options = ["--expose-gc", "--max-semi-space-size=4"];
  const env = { ...process.env, MALLOC_ARENA_MAX: "1" };
  const args = [...options, script, kind, what, String(RUNS)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env });
  return JSON.parse(stdout) as ChildResult;
}

async function measure(script: string, manifests: number): Promise<Measure> {
  return { manifests, ...costs(await child(script, "manifests", String(manifests))) };
}

function costs({ bytes, ms, rssMB }: ChildResult): Cost {
  const [coldMs = 0, ...warm] = ms;
  return { bytes, ms: round(median(warm)), coldMs: round(coldMs), rssMB: round(rssMB) };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

const round = (value: number) => Math.round(value * 10) / 10;

/** 1 is linear growth, 2 quadratic: the slope between two measures on a double logarithmic scale. */
function slope(one: Measure, other: Measure): number {
  return Math.log(other.ms / one.ms) / Math.log(other.manifests / one.manifests);
}

/** What a review of so many bytes may take: four times the bytes, and 120 MB. */
const allowedMB = (bytes: number) => (4 * bytes) / 1e6 + 120;

interface Results {
  readonly review: readonly Measure[];
  readonly workflows: Cost;
  readonly calls?: Calls;
  readonly intake?: Latency;
  readonly verdict?: Latency;
}

function asText({ review, workflows, calls, intake, verdict }: Results): string {
  const rows = review.map((measured, index) => {
    const before = review[index - 1];
    return [
      String(measured.manifests).padStart(9),
      `${(measured.bytes / 1e6).toFixed(1)} MB`.padStart(9),
      `${measured.ms.toFixed(0)} ms`.padStart(9),
      `${measured.coldMs.toFixed(0)} ms`.padStart(9),
      `${measured.rssMB.toFixed(0)} MB`.padStart(9),
      `${allowedMB(measured.bytes).toFixed(0)} MB`.padStart(9),
      (before ? slope(before, measured).toFixed(2) : "").padStart(9),
    ].join("");
  });
  const titles = ["manifests", "read", "review", "first", "peak", "allowed", "growth"];
  const table = [titles.map((title) => title.padStart(9)).join(""), ...rows];
  return [
    ...table,
    ...ofWorkflows(workflows),
    ...(calls ? costOf(calls) : []),
    ...waits({ intake, verdict }),
  ].join("\n");
}

const ofWorkflows = ({ bytes, ms, coldMs }: Cost): string[] => [
  "",
  "A review of 30 workflows",
  `  read ${(bytes / 1e3).toFixed(0)} kB, review ${ms.toFixed(0)} ms, first ${coldMs.toFixed(0)} ms`,
];

const costOf = ({ cold, warm, irrelevant }: Calls): string[] => [
  "",
  "GitHub calls of a push",
  `  first review of a repository   ${cold}`,
  `  the next push                  ${warm}`,
  `  nothing relevant changed       ${irrelevant}`,
];

function waits({ intake, verdict }: { intake: Latency | undefined; verdict: Latency | undefined }): string[] {
  const line = (what: string, { p50, p95, p99, count }: Latency) =>
    `  ${what.padEnd(60)} p50 ${p50} ms, p95 ${p95} ms, p99 ${p99} ms (${count})`;
  return [
    ...(intake || verdict ? ["", "Waiting"] : []),
    ...(intake ? [line("a webhook for its answer, while large reviews run", intake)] : []),
    ...(verdict ? [line("a push for its verdict, with 50 ms a GitHub call", verdict)] : []),
  ];
}

function sizes(text: string): number[] {
  const values = text.split(",").map(Number);
  if (!values.every((value) => Number.isInteger(value) && value > 0))
    throw new InvalidArgumentError("Write 100,1000.");
  return values;
}

/** Asked before anything is measured: in the process that measures, it would end in a stack trace. */
function withWorkflows(folder: string): string {
  try {
    workflowsBelow(folder);
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
  return folder;
}

interface Options {
  readonly format: "text" | "json";
  readonly sizes: readonly number[];
  readonly workflows?: string;
  readonly calls: boolean;
  readonly latency: boolean;
}

async function reviews({
  sizes: wanted,
  workflows: folder = "",
}: Options): Promise<Pick<Results, "review" | "workflows">> {
  using built = build();
  const script = built.path(CHILD);
  const review: Measure[] = [];
  for (const size of wanted) review.push(await measure(script, size));
  return { review, workflows: costs(await child(script, "workflows", folder)) };
}

async function bench(options: Options): Promise<void> {
  const { format, calls: counted, latency } = options;
  const results: Results = {
    ...(await reviews(options)),
    ...(counted && { calls: await callsPerPush() }),
    ...(latency && { intake: await intakeLatency(), verdict: await verdictLatency() }),
  };
  process.stdout.write(`${format === "json" ? JSON.stringify(results, null, 2) : asText(results)}\n`);
}

await new Command("bench")
  .description("Measure reviews of generated repositories.")
  .addOption(new Option("--format <format>").choices(["text", "json"]).default("text"))
  .option("--sizes <list>", "how many manifests", sizes, SIZES)
  .option("--workflows <folder>", "measure 30 workflows of those below it, not generated ones", withWorkflows)
  .option("--no-calls", "leave GitHub calls out")
  .option("--no-latency", "leave waiting times out")
  .action(bench)
  .parseAsync();
