import type { Location } from "../engine/types.ts";
import type { Expr } from "./expressions.ts";
import { refsOf } from "./github-actions.ts";
import type { Files } from "./github-actions.ts";
import { JOBS_AT_MOST } from "./github-jobs.ts";
import type { Condition, Job, Need, Pipeline, Step, Trigger } from "./model.ts";
import { inNeedsOrder } from "./order.ts";
import { entries } from "./yaml.ts";
import type { Entry, Node } from "./yaml.ts";

/** What the readers of all CI systems but GitHub's share. */

export const YES: Expr = { kind: "literal", value: true };
export const NO: Expr = { kind: "literal", value: false };
/** It may be anything. */
export const OPAQUE: Expr = { kind: "opaque" };
/** What is not there: no branch, no tag. */
export const NOTHING: Expr = { kind: "literal", value: null };
export const literal = (value: string): Expr => ({ kind: "literal", value });
export const status = (name: "always" | "failure" | "success"): Expr => ({ kind: "call", name, args: [] });
export const not = (of: Expr): Expr => ({ kind: "not", of });
export const and = (...args: readonly Expr[]): Expr => ({ kind: "and", args });
export const or = (...args: readonly Expr[]): Expr => ({ kind: "or", args });
export const equal = (left: Expr, right: Expr): Expr => ({ kind: "compare", operator: "==", left, right });
/** What starts a run: its `branch` and `tag` (null where there is none), and its `source`, an event's name. */
export const run = (name: "branch" | "tag" | "source"): Expr => ({ kind: "path", path: ["run", name] });
export const matches = (value: Expr, pattern: string): Expr => ({
  kind: "call",
  name: "matches",
  args: [value, literal(pattern)],
});
/** The result of a job that another one needs. */
export const resultOf = (id: string): Expr => ({ kind: "path", path: ["needs", id.toLowerCase(), "result"] });

/** An expression with the text in which it was written, for messages. */
export const condition = (expr: Expr, text: string, at: Location): Condition => ({ expr, text, at });

/** A job; what is not given is empty. */
export function newJob(id: string, at: Location, fields: Partial<Job> = {}): Job {
  const key = id.toLowerCase();
  return { key, id, root: id, name: "", at, needs: [], legs: [], steps: [], ...fields };
}

/** A step; what is not given is empty. Its index is that in its job, so it is given once all are known. */
export function newStep(at: Location, fields: Partial<Step> = {}): Step {
  return {
    index: 0,
    id: "",
    name: "",
    runLine: at.line,
    arguments: {},
    pipefail: false,
    posix: true,
    folder: "",
    background: false,
    opaque: false,
    at,
    environment: {},
    ...fields,
  };
}

/** Steps of one shell: where one of them ends it, those after it do not run. */
export const inOneShell = (steps: readonly Step[]): Step[] =>
  steps.map((step, index) => (index === 0 ? step : { ...step, continues: true }));

/** The steps with their places in the job. */
export const numbered = (steps: readonly Step[]): Step[] => steps.map((step, index) => ({ ...step, index }));

/** A block scalar's text starts one line below its header. */
export const runLineOf = (node: Node): number =>
  node.kind === "scalar" && node.block ? node.at.line + 1 : node.at.line;

/** What starts a pipeline; what is not given is not limited. */
export const trigger = (event: string, at: Location, fields: Partial<Trigger> = {}): Trigger => {
  return { event, branches: [], tags: [], types: [], paths: [], upstream: [], at, ...fields };
};

/** Names of jobs that must differ: a second `test` is `test (2)`. */
export class Names {
  readonly #taken = new Map<string, number>();

  /** The name, or the first that is left of those made of it. */
  unused(id: string): string {
    let count = this.#taken.get(id.toLowerCase()) ?? 0;
    let name = id;
    while (count > 0 && this.#taken.has(name.toLowerCase())) name = `${id} (${String(++count)})`;
    this.#taken.set(id.toLowerCase(), Math.max(count, 1));
    this.#taken.set(name.toLowerCase(), Math.max(this.#taken.get(name.toLowerCase()) ?? 0, 1));
    return name;
  }
}

/** Where a list of needs is written: from its key to its end. */
export const listAt = ({ at, value }: Entry): Location => ({ ...value.at, line: at.line, column: at.column });

/** Conditions that must all hold, as one. */
export function allOf(conditions: readonly (Condition | undefined)[]): { condition?: Condition } {
  const given = conditions.filter((item) => item !== undefined);
  const [first] = given;
  if (!first) return {};
  if (given.length === 1) return { condition: first };
  const texts = given.map(({ text }) => text).filter((text) => text !== "");
  const at = given.find(({ text }) => text !== "")?.at ?? first.at;
  return { condition: condition(and(...given.map(({ expr }) => expr)), texts.join(" and "), at) };
}

/** A job that runs unless something before it failed; what was left out stops nobody. */
export const unlessFailed = (at: Location): Condition => condition(not(status("failure")), "", at);

/** The items of a list; none for anything else. */
export const itemsOf = (node: Node | undefined): readonly Node[] =>
  node?.kind === "sequence" ? node.items : [];

/** A value in one line, for messages and to tell whether it changed. */
export function oneLineOf(node: Node | undefined): string {
  const parts: string[] = [];
  write(node, parts);
  return parts.join("").slice(0, 1_000);
}

function write(node: Node | undefined, parts: string[]): void {
  if (!node || parts.length > 200) return;
  if (node.kind === "scalar") parts.push(String(node.value));
  else if (node.kind === "sequence") {
    node.items.forEach((item, index) => {
      if (index > 0) parts.push(", ");
      write(item, parts);
    });
  } else {
    entries(node).forEach(({ key, value }, index) => {
      parts.push(index > 0 ? ", " : "", key, value.kind === "scalar" ? ": " : " ");
      write(value, parts);
    });
  }
}

/** Everything of a pipeline that its jobs do not tell. */
export type Frame = Pick<Pipeline, "provider" | "path" | "id" | "name" | "triggers" | "triggersAt"> &
  Partial<Pick<Pipeline, "inputs" | "opaque" | "concurrency">>;

/** A pipeline of its jobs, in the order in which they can run; or a note where there is no such order. */
export function assemble(frame: Frame, jobs: readonly Job[], files: Files): Pipeline[] {
  const { path } = frame;
  const give = (line: number, why: string): Pipeline[] => {
    files.notes.push({ path, line, message: `This pipeline was not analysed: ${why}` });
    files.unread.push(path);
    return [];
  };
  if (jobs.length > JOBS_AT_MOST)
    return give(frame.triggersAt.line, `it has more than ${JOBS_AT_MOST} jobs.`);
  const ordered = inNeedsOrder(linked(jobs, files));
  if (!ordered.jobs) {
    const { id, at } = ordered.cycle;
    return give(at.line, `job ${id} waits for itself.`);
  }
  return [{ inputs: {}, opaque: [], ...frame, jobs: ordered.jobs, refs: refsOf(ordered.jobs) }];
}

/** Drops what jobs wait for and is not there, with a note. */
function linked(jobs: readonly Job[], files: Files): Job[] {
  const keys = new Set(jobs.map(({ key }) => key));
  return jobs.map((job) => {
    const missing = job.needs.filter(({ key }) => !keys.has(key));
    for (const { id, at } of missing) {
      const message = `Job ${job.id} waits for "${id}", and no job has that name: the CI system refuses this file, or never starts the job.`;
      files.notes.push({ path: at.path, line: at.line, message });
    }
    return missing.length === 0 ? job : { ...job, needs: job.needs.filter(({ key }) => keys.has(key)) };
  });
}

/** That a job waits for another. */
export const need = (id: string, at: Location, key = id.toLowerCase()): Need => ({ key, id, at });

/** Work that one file may cause by expansion; then the rest is left out, and said so. */
export class Budget {
  #left: number;
  constructor(steps: number) {
    this.#left = steps;
  }
  /** Takes one; false where nothing is left. */
  take(): boolean {
    this.#left -= 1;
    return this.#left >= 0;
  }
  get spent(): boolean {
    return this.#left < 0;
  }
}
