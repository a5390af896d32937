import { lostOf, REFERRERS, type Lost } from "../engine/losses.ts";
import { pair } from "../engine/pair.ts";
import type { Environment, Rendering, Side, Tree, Unit } from "../engine/types.ts";
import { environmentOf } from "./environment.ts";
import { runJobs, type Job } from "./jobs.ts";
import { environmentOfRelease } from "./release.ts";

type Sides = Record<Side, Rendering>;

/** More units than this are not rendered only for what they may say of others. */
const MOST = 10;

interface Around {
  /** Of the head, what could be rendered and was not touched; both sides of it are the same. */
  readonly untouched: readonly Job[];
  readonly tree: Tree;
}

/**
 * Units that the change does not touch are rendered where their text names what the change takes away from another
 * one: a Service, a port, a label. Where nothing is lost, or nobody names it, nothing is read and nothing rendered.
 */
export async function withWitnesses(sides: Sides, { untouched, tree }: Around): Promise<Sides> {
  if (untouched.length === 0) return sides;
  const losses = lossesOf(sides);
  if (losses.length === 0) return sides;
  const isWitness = (job: Job) => {
    const environment = environmentOfJob(job);
    const words = losses.filter((loss) => compatible(loss.environment, environment));
    return words.length > 0 && names(textsOf(job, tree), words);
  };
  const results = await runJobs(untouched.filter(isWitness).slice(0, MOST), new Map());
  const witnesses = results.flatMap(({ job, built: { ok, manifests } }): Unit[] => {
    const { id, release } = job;
    if (!ok) return [];
    const unit = { id, environment: environmentOfJob(job), manifests };
    return [release?.identity ? { ...unit, release: release.identity } : unit];
  });
  if (witnesses.length === 0) return sides;
  return { base: { ...sides.base, witnesses }, head: { ...sides.head, witnesses } };
}

interface Loss extends Lost {
  readonly environment: Environment;
}

function lossesOf({ base, head }: Sides): Loss[] {
  const now = new Map(head.units.map((unit) => [unit.id, unit]));
  return base.units.flatMap(({ id, environment, manifests }) =>
    lostOf(pair(manifests, now.get(id)?.manifests ?? [])).map((lost) => ({ ...lost, environment })),
  );
}

const compatible = (a: Environment, b: Environment) => a === b || a === "unknown" || b === "unknown";

const environmentOfJob = ({ id, release }: Job): Environment =>
  release ? environmentOfRelease(release) : environmentOf(id);

/** Everything that the unit is made of. */
const textsOf = ({ sources }: Job, { files }: Tree): string[] =>
  sources.map((path) => files.get(path)?.text ?? "");

const KINDS = new RegExp(String.raw`\bkind:\s*["']?(${REFERRERS.join("|")})\b`);

/** Whether the texts together say all the words of something that is lost; a name alone only counts beside who may refer to it. */
function names(texts: readonly string[], losses: readonly Loss[]): boolean {
  const found = new Map<string, boolean>();
  const has = (word: string) => {
    const known = found.get(word) ?? texts.some((text) => holds(text, word));
    found.set(word, known);
    return known;
  };
  const said = losses.filter(({ words }) => words.every(has));
  const called = said.filter(({ address }) => address).map(({ from }) => callOf(from.name));
  if (called.some((call) => texts.some((text) => call.test(text)))) return true;
  return (
    said.some(({ label }) => label !== undefined) ||
    (said.length > 0 && texts.some((text) => KINDS.test(text)))
  );
}

/** `http://web`, `web:8080`, `web.shop.svc`: how a Service is called. */
function callOf(name: string): RegExp {
  const host = name.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(String.raw`(://|@)${host}(?![\w-])|(?<![\w.-])${host}(\.[\w-]+)*(:\d|\.svc)`);
}

/** The word, and not as a part of a longer one. */
function holds(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    const [before = " ", after = " "] = [text[at - 1], text[at + word.length]];
    if (!/[\w.-]/.test(before) && !/[\w-]/.test(after)) return true;
  }
  return false;
}
