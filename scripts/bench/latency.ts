import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as wait } from "node:timers/promises";
import { startGitHub, type GitHub, type Repository } from "../../test/github-server/index.ts";
import { startApp, type RunningApp } from "../support/app.ts";
import { afterChange, benchRepository } from "./manifests.ts";

/** Times in milliseconds, of so many measurements. */
export interface Latency {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly count: number;
}

function latencyOf(times: readonly number[]): Latency {
  const sorted = times.toSorted((one, other) => one - other);
  const at = (part: number) =>
    Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0) * 10) / 10;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), count: times.length };
}

const POSTER = join(import.meta.dirname, "poster.ts");
const SIZES = [1000, 5000];
/** Reviews of each size while webhooks come in: the first one reads everything, the others only what changed. */
const REVIEWS = 3;

/** How long webhooks take to be answered while large reviews run. */
export async function intakeLatency(): Promise<Latency> {
  const github = await startGitHub();
  try {
    await using app = await startApp(github);
    // A process of its own: this one is busy being GitHub.
    const poster = spawn(process.execPath, [POSTER, JSON.stringify(github.webhooks.target)], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const printed = text(poster.stdout);
    for (const size of SIZES) await reviewOften(github, app, size);
    poster.stdin.end();
    return latencyOf(JSON.parse(await printed) as number[]);
  } finally {
    await github.close();
  }
}

async function reviewOften(github: GitHub, app: RunningApp, size: number): Promise<void> {
  const { repo, number, path, text } = await openOn(github, app, `acme/shop-${size}`, size);
  for (let tag = 1; tag < REVIEWS; tag++) {
    const reviewed = app.logged("reviewed");
    await repo.push(number, { [path]: withTag(text, tag) });
    await reviewed;
  }
}

const withTag = (deployment: string, tag: number) =>
  deployment.replace(/(image: .*):[\d.]+/, `$1:2.0.${tag}`);

/** Opens an everyday pull request on a new repository and waits for its review. */
async function openOn(github: GitHub, app: RunningApp, name: string, size: number) {
  const repository = benchRepository(size);
  const repo = await github.createRepository(name, Object.fromEntries(repository.files));
  const changed = [...afterChange(repository)].filter(([path, text]) => repository.files.get(path) !== text);
  const reviewed = app.logged("reviewed");
  const number = await repo.openPullRequest({ head: "change", changes: Object.fromEntries(changed) });
  await reviewed;
  const [path = "", text = ""] =
    [...repository.files].find(([file]) => file.endsWith("deployment.yaml")) ?? [];
  return { repo, number, path, text };
}

/** What GitHub takes for a call, seen from a data centre near by. */
const CALL_MS = 50;
const MANIFESTS = 100;
const PUSHES = 20;
const POLL_MS = 5;

/** From a push until both check runs are concluded on it. */
export async function verdictLatency(): Promise<Latency> {
  const github = await startGitHub({ latencyMs: CALL_MS });
  try {
    await using app = await startApp(github);
    const { repo, number, path, text } = await openOn(github, app, "acme/shop", MANIFESTS);
    const times: number[] = [];
    for (let tag = 1; tag <= PUSHES; tag++) {
      const sha = await repo.push(number, { [path]: withTag(text, tag) });
      const began = performance.now();
      while (!isConcluded(repo, sha)) await wait(POLL_MS);
      times.push(performance.now() - began);
    }
    return latencyOf(times);
  } finally {
    await github.close();
  }
}

function isConcluded(repo: Repository, sha: string): boolean {
  const runs = repo.checkRuns(sha);
  return runs.length === 2 && runs.every(({ status }) => status === "completed");
}
