/**
 * Judges mutated changes, one after the other, and prints one line of JSON for each that goes wrong and one at the end.
 * A process of its own, so that what it uses can be measured, and what hangs can be ended.
 * Arguments: `plain`, `rendered` or `linked` (the same in git, with symbolic links), a seed, how many, and the first one, to see a single one again.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { peakMemory } from "../../scripts/support/peak-memory.ts";
import type { Render, Report, Tree } from "../../src/engine/types.ts";
import { defaultPolicy } from "../../src/policy/index.ts";
import { render } from "../../src/renderers/index.ts";
import { review } from "../../src/review.ts";
import { loadGitChange } from "../../src/sources/git.ts";
import { relevance } from "../../src/sources/relevant.ts";
import { Random } from "../judgement/random.ts";
import { treeOf } from "../engine/files.ts";
import { escaping } from "./escapes.ts";
import { besides, commitLinks, linked, type Links } from "./links.ts";
import { mutated } from "./mutate.ts";
import { plainSeeds, renderedSeeds, type Files } from "./seeds.ts";

const [kind = "plain", seed = "1", count = "100", first = "0"] = process.argv.slice(2);
const canary = process.env["FUZZ_CANARY"] ?? "";
const secret = canary === "" ? undefined : readFileSync(canary, "utf8").trim();
const seeds = kind === "plain" ? plainSeeds() : renderedSeeds();
const policy = defaultPolicy("2026-01-01");

/** Milliseconds of this process' own work: what else the machine does at the time does not count. */
const LONGEST = 2_000;

function change(random: Random): { before: Files; after: Files; how: string } {
  const { title, before, after } = random.pick(seeds);
  const isEscape = kind === "rendered" && random.next() < 0.4;
  const one = isEscape ? escaping(after, random, canary) : mutated(after, random);
  const second = random.next() < 0.3 ? mutated(one.files, random) : { files: one.files, how: "" };
  const old =
    random.next() < 0.2 && Object.keys(before).length > 0
      ? mutated(before, random)
      : { files: before, how: "" };
  const how = [title, one.how, second.how, old.how && `before: ${old.how}`]
    .filter((part) => part !== "")
    .join("; ");
  return { before: old.files, after: second.files, how };
}

function made(index: number): { how: string; trees: Trees } {
  const { before, after, how } = change(new Random(Number(seed) * 1_000_003 + index));
  return { how, trees: { base: treeOf(before, "base"), head: treeOf(after) } };
}

interface Trees {
  readonly base: Tree;
  readonly head: Tree;
}

/** A change whose head has links, as it is read from a repository; a text says which link was read. */
async function fromGit(index: number): Promise<{ how: string; trees: Trees | string }> {
  const random = new Random(Number(seed) * 1_000_003 + index);
  const { title, before, after } = random.pick(seeds);
  const links = linked(after, random, canary);
  const how = `${title}; links: ${JSON.stringify(links)}`;
  // Beside the canary: the scratch folder must be empty at the end.
  const dir = mkdtempSync(join(dirname(dirname(canary)), "git-"));
  try {
    execFileSync("git", ["init", "--quiet", "--bare", dir]);
    commitLinks(dir, [
      { files: before, links: {} },
      { files: after, links },
    ]);
    const trees = await loadGitChange(dir, { base: "side0", head: "side1" });
    return { how, trees: readLink(trees.head, after, links) ?? trees };
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** Links are noted, never read; all other files are read. */
function readLink({ files, notes }: Tree, after: Files, links: Links): string | undefined {
  for (const path of Object.keys(links)) {
    if (files.has(path)) return `the link ${path} was read as a file`;
    const isInside = Object.keys(links).some((other) => path.startsWith(`${other}/`));
    if (!isInside && relevance(path) !== undefined && !notes.some((note) => note.path === path))
      return `nothing was said of the link ${path}`;
  }
  const lost = Object.keys(besides(after, links)).find((path) => relevance(path) && !files.has(path));
  return lost === undefined ? undefined : `${lost} was not read`;
}

/** What went wrong; undefined where nothing did. */
async function trouble({ base, head }: Trees): Promise<string | undefined> {
  const seen = { outside: false };
  const watched: Render = async (base, head) => {
    const rendered = await render(base, head);
    // One at a time: what this looks at must not weigh more than what it measures.
    seen.outside = [...rendered.base.units, ...rendered.head.units].some(({ manifests }) =>
      manifests.some(({ source, object }) => tells(source) || tells(JSON.stringify(object))),
    );
    return rendered;
  };
  const start = process.cpuUsage();
  const report: Report = await review(base, head, policy, watched);
  const { user, system } = process.cpuUsage(start);
  const spent = (user + system) / 1000;
  const crash = report.notes.find(({ message }) => /^The check \S+ failed on /.test(message));
  if (crash) return crash.message;
  if (spent > LONGEST) return `it took ${String(Math.round(spent))} ms`;
  const isRead = seen.outside || tells(JSON.stringify(report));
  return isRead ? "a file outside the repository was read" : undefined;
}

const tells = (text: string) => secret !== undefined && text.includes(secret);

const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);

for (let index = Number(first); index < Number(first) + Number(count); index++) {
  const { trees, how } = kind === "linked" ? await fromGit(index) : made(index);
  const wrong =
    typeof trees === "string"
      ? trees
      : await trouble(trees).catch((error: unknown) =>
          error instanceof Error ? (error.stack ?? error.message) : String(error),
        );
  if (wrong !== undefined) say({ index, how, wrong });
  if (index % 100 === 99) say({ reached: index + 1 });
}
say({ done: Number(count), megabytes: Math.round(peakMemory() / 2 ** 20) });
