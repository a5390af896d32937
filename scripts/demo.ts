/**
 * `npm run demo`: the real app on a GitHub of this machine. Opens a pull request, made from examples/ or from any local
 * git repository, and shows what nines says on it. `npm run demo -- --help` lists its options.
 */
import { readdir, readFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { styleText } from "node:util";
import { Command } from "commander";
import { parse } from "yaml";
import { loadGitChange } from "../src/sources/git.ts";
import { startGitHub, type GitHub, type Repository } from "../test/github-server/index.ts";
import { showCheckRun, showComment } from "./demo/show.ts";
import { startApp } from "./support/app.ts";

const EXAMPLE = join(import.meta.dirname, "../examples/shop");
/** The whole demo is done long before; a hang must end all the same. */
const LIMIT_MS = 120_000;

interface Options {
  readonly repo?: string;
  readonly base: string;
  readonly head: string;
  readonly keep: boolean;
}

const values = new Command("npm run demo --")
  .description(
    "Shows the real app on a GitHub of this machine, with a pull request and what nines says on it.",
  )
  .option("--repo <dir>", "a local git repository (default: examples/shop)")
  .option("--base <rev>", "with --repo: what the change is meant for", "HEAD~1")
  .option("--head <rev>", "with --repo: the change", "HEAD")
  .option("--keep", "leave everything running, to be looked at in a browser", false)
  .allowExcessArguments(false)
  .parse()
  .opts<Options>();

const started = performance.now();
await refuseUnreadable();
const limit = setTimeout(() => {
  console.error(`The demo took over ${LIMIT_MS / 1000} seconds.`);
  process.exit(1);
}, LIMIT_MS).unref();
const github = await startGitHub({ permissions: await permissions() });
try {
  await run(github);
  step(`done in ${seconds(started)} s`);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
} finally {
  await github.close();
  clearTimeout(limit);
}

/** Those of app.yml, so that the demo shows all that an installed app would. */
async function permissions(): Promise<Record<string, "read" | "write">> {
  const app: unknown = parse(await readFile(join(import.meta.dirname, "../app.yml"), "utf8"));
  return (app as { default_permissions: Record<string, "read" | "write"> }).default_permissions;
}

/** Says in one line what is wrong with the folder or the revisions, as the command line does, before anything starts. */
async function refuseUnreadable(): Promise<void> {
  if (values.repo === undefined) return;
  try {
    await loadGitChange(resolve(values.repo), values);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(1);
  }
}

async function run(on: GitHub): Promise<void> {
  await using app = await startApp(on);
  step(`nines runs, and talks to a GitHub at ${on.url}`);
  const reviewed = app.logged("reviewed");
  // Whether the app ends before it has reviewed is told where it is awaited, if it gets that far.
  reviewed.catch(() => undefined);
  const { repository, number } = await openPullRequest(on);
  const opened = performance.now();
  await reviewed;
  step(`pull request ${repository.fullName}#${number} reviewed in ${seconds(opened)} s`);
  show(repository, number);
  if (values.keep) await keep(`${on.url}/${repository.fullName}/pull/${number}`);
}

/** From the example, or from two commits of a local repository. */
async function openPullRequest(on: GitHub): Promise<{ repository: Repository; number: number }> {
  if (values.repo === undefined) return openExample(on);
  const folder = resolve(values.repo);
  const repository = await on.createRepository("local/repository");
  const { branch } = await repository.importBare(folder, values.base, values.head, "change");
  const title = `${values.base}...${values.head}`;
  return { repository, number: await repository.openPullRequest({ head: branch, title }) };
}

async function openExample(on: GitHub): Promise<{ repository: Repository; number: number }> {
  const before = await filesOf(join(EXAMPLE, "before"));
  const after = await filesOf(join(EXAMPLE, "after"));
  const repository = await on.createRepository("octo/shop", before);
  const gone = Object.keys(before).filter((path) => !(path in after));
  const changes = { ...after, ...Object.fromEntries(gone.map((path) => [path, null])) };
  const title = "Tidy up deploy manifests";
  return { repository, number: await repository.openPullRequest({ head: "tidy-up", changes, title }) };
}

async function filesOf(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const texts = files
    .sort()
    .map(async (file) => [relative(folder, file), await readFile(file, "utf8")] as const);
  return Object.fromEntries(await Promise.all(texts));
}

function show(repository: Repository, number: number): void {
  const { headSha, title } = repository.pullRequest(number);
  const line = styleText("dim", "─".repeat(Math.min(process.stdout.columns || 110, 120)));
  const runs = repository.checkRuns(headSha).map(showCheckRun);
  const comments = repository.reviewComments(number).map(showComment);
  console.log(
    [line, styleText("bold", `${title}  #${number}`), "", runs.join(`\n\n${line}\n`), ""].join("\n"),
  );
  if (comments.length > 0)
    console.log([line, styleText("bold", "Comments on lines"), "", comments.join("\n\n"), ""].join("\n"));
  console.log(line);
}

/** Leaves everything running until somebody has seen enough. */
async function keep(address: string): Promise<void> {
  clearTimeout(limit);
  step(`look at ${address} — Ctrl+C ends it`);
  // The listening server keeps the process alive until then.
  await new Promise((resolve) => process.once("SIGINT", resolve));
}

function step(text: string): void {
  console.log(styleText("dim", `• ${text}`));
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(1);
}
