/**
 * Judges mutated changes, one after the other, and prints one line of JSON for each that goes wrong and one at the end.
 * A process of its own, so that what it uses can be measured, and what hangs can be ended.
 * Arguments: `plain` or `rendered`, a seed, how many, and the first one, to see a single one again.
 */
import { readFileSync } from "node:fs";
import { peakMemory } from "../../scripts/support/peak-memory.ts";
import type { Render, Report } from "../../src/engine/types.ts";
import { defaultPolicy } from "../../src/policy/index.ts";
import { render } from "../../src/renderers/index.ts";
import { review } from "../../src/review.ts";
import { Random } from "../judgement/random.ts";
import { treeOf } from "../engine/files.ts";
import { escaping } from "./escapes.ts";
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

/** What went wrong; undefined where nothing did. */
async function trouble(before: Files, after: Files): Promise<string | undefined> {
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
  const report: Report = await review(treeOf(before, "base"), treeOf(after), policy, watched);
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
  const { before, after, how } = change(new Random(Number(seed) * 1_000_003 + index));
  const wrong = await trouble(before, after).catch((error: unknown) =>
    error instanceof Error ? (error.stack ?? error.message) : String(error),
  );
  if (wrong !== undefined) say({ index, how, wrong });
  if (index % 100 === 99) say({ reached: index + 1 });
}
say({ done: Number(count), megabytes: Math.round(peakMemory() / 2 ** 20) });
