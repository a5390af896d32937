import type { Location } from "../engine/types.ts";
import { parseCondition } from "./expressions.ts";
import type { Expr } from "./expressions.ts";
import type { Files } from "./github-actions.ts";
import { isLoose, openElsewhere, shownHome } from "./github-elsewhere.ts";
import type { Home } from "./github-elsewhere.ts";
import { readMatrix } from "./github-matrix.ts";
import { readSteps } from "./github-steps.ts";
import { argument, bind, interpolate, variants } from "./interpolate.ts";
import type { Known } from "./interpolate.ts";
import type { Call, Concurrency, Condition, Environment, Job, Need } from "./model.ts";
import { entries, entry, field, text, texts } from "./yaml.ts";
import type { Entry, Node } from "./yaml.ts";

/** A workflow larger than this, calls expanded, is not judged. GitHub itself stops far below. */
export const JOBS_AT_MOST = 1_000;

/** GitHub's limit: a top-level workflow and nine levels of reusable ones. */
const CALLS_DEEP = 10;

/** A workflow calls more jobs than are read. */
export class TooManyJobs extends Error {
  readonly line: number;
  constructor(line: number) {
    super("too many jobs");
    this.line = line;
  }
}

/** Where a workflow is read: at the top, or as called by a job. */
interface Frame {
  readonly files: Files;
  readonly known: Known;
  readonly prefix: string;
  readonly root?: string;
  readonly caller?: string;
  readonly callers: readonly string[];
  readonly jobs: Job[];
  /** The file of another repository that is read; absent in files of this one. */
  readonly home?: Home;
}

/** The jobs of a workflow, those of the local workflows that it calls among them. */
export function readJobs(
  root: Node,
  path: string,
  files: Files,
): { readonly jobs: readonly Job[]; readonly concurrency?: Concurrency } {
  const frame: Frame = { files, known: NOTHING, prefix: "", callers: [path], jobs: [] };
  readInto(root, frame);
  const concurrency = readConcurrency(entry(root, "concurrency"), withEnv(NOTHING, root));
  return concurrency ? { jobs: frame.jobs, concurrency } : { jobs: frame.jobs };
}

const NOTHING: Known = { env: {}, legs: [] };

function readInto(root: Node, frame: Frame): void {
  const known = withEnv(frame.known, root);
  const listed = entries(field(root, "jobs")).filter(({ value }) => value.kind === "map");
  const ids = new Set(listed.map(({ key }) => key.toLowerCase()));
  const shell = readShell(root);
  const folder = workdir(root);
  for (const item of listed) {
    if (frame.jobs.length >= JOBS_AT_MOST) throw new TooManyJobs(item.at.line);
    readJob(item, { ...frame, known }, { ids, shell, folder });
  }
}

interface Siblings {
  readonly ids: ReadonlySet<string>;
  readonly shell: string | undefined;
  /** The workflow's default folder. */
  readonly folder: string | undefined;
}

function readJob(item: Entry, frame: Frame, siblings: Siblings): void {
  const { value, at } = item;
  const id = item.key;
  const legs = readMatrix(field(value, "strategy"));
  const known = withEnv({ ...frame.known, legs }, value);
  const shell = readShell(value) ?? siblings.shell;
  const needs = entry(value, "needs");
  const job: Job = {
    key: frame.prefix + id.toLowerCase(),
    id,
    root: frame.root ?? id,
    name: interpolate(text(field(value, "name")) ?? "", known),
    at,
    needs: readNeeds(needs, frame, siblings.ids),
    ...(needs ? { needsAt: { ...needs.value.at, line: needs.at.line, column: needs.at.column } } : {}),
    ...conditions(value, known),
    legs,
    ...failFast(entry(value, "strategy")),
    ...environment(entry(value, "environment"), known),
    ...concurrency(value, known),
    steps: readSteps(field(value, "steps"), {
      ...{ files: frame.files, known, shell, home: frame.home },
      folder: workdir(value) ?? siblings.folder ?? "",
    }),
    ...(frame.home ? { home: { name: shownHome(frame.home), loose: isLoose(frame.home) } } : {}),
    ...(frame.caller === undefined ? {} : { caller: frame.caller }),
  };
  const called = readCall(value, known, frame);
  frame.jobs.push(called ? calling(job, called, known) : job);
  if (called?.callee) readInto(called.callee.root, callFrame(job, called.inputs, called.callee, frame));
}

/** A called workflow's own concurrency holds for the job that calls it, where that has none. */
const calling = (job: Job, { call, callee }: Called, known: Known): Job => ({
  ...(callee ? concurrency(callee.root, known) : {}),
  ...job,
  call,
});

function readNeeds(needs: Entry | undefined, frame: Frame, ids: ReadonlySet<string>): Need[] {
  return texts(needs?.value).flatMap(({ text: id, at }) => {
    // GitHub matches job ids without case.
    if (ids.has(id.toLowerCase())) return [{ key: frame.prefix + id.toLowerCase(), id, at }];
    const message = `A job needs "${id}", and no job has that id: GitHub refuses this workflow, so nothing in it runs.`;
    frame.files.notes.push({ path: at.path, line: at.line, message });
    return [];
  });
}

function conditions(job: Node, known: Known): { condition?: Condition; allowFailure?: Condition } {
  const condition = readCondition(entry(job, "if"), known);
  const allowFailure = readCondition(entry(job, "continue-on-error"), known);
  return { ...(condition ? { condition } : {}), ...(allowFailure ? { allowFailure } : {}) };
}

/** Reads an `if` or a `continue-on-error`. */
export function readCondition(item: Entry | undefined, known: Known): Condition | undefined {
  const source = text(item?.value);
  if (!item || source === undefined) return undefined;
  const end = { endLine: item.value.at.endLine, endColumn: item.value.at.endColumn };
  return { text: source, expr: bind(parseCondition(source), known), at: { ...item.at, ...end } };
}

function environment(item: Entry | undefined, known: Known): { environment?: Environment } {
  const node = item?.value;
  const name = text(node?.kind === "map" ? field(node, "name") : node);
  if (!item || name === undefined || name === "") return {};
  const names = variants(name, known).filter((variant) => variant !== "");
  if (names.length === 0) return {};
  // https://docs.github.com/en/actions/how-tos/deploy/configure-and-manage-deployments/control-deployments#using-environments-without-deployments
  const unrecorded = text(field(node, "deployment")) === "false";
  return { environment: { names, at: item.at, ...(unrecorded ? { unrecorded } : {}) } };
}

/** True by default; legs that run one after the other are not cancelled half-way. */
function failFast(strategy: Entry | undefined): Pick<Job, "failFast"> {
  const node = strategy?.value;
  if (!strategy || !field(node, "matrix") || text(field(node, "max-parallel")) === "1") return {};
  const written = entry(node, "fail-fast");
  const value = text(written?.value) ?? "true";
  return /^(true|false)$/.test(value)
    ? { failFast: { on: value === "true", at: written?.at ?? strategy.at } }
    : {};
}

function concurrency(job: Node, known: Known): { concurrency?: Concurrency } {
  const read = readConcurrency(entry(job, "concurrency"), known);
  return read ? { concurrency: read } : {};
}

function readConcurrency(item: Entry | undefined, known: Known): Concurrency | undefined {
  if (!item) return undefined;
  const group = text(item.value) ?? text(field(item.value, "group")) ?? "";
  const cancels = text(field(item.value, "cancel-in-progress")) === "true";
  const at = entry(item.value, "cancel-in-progress")?.at ?? item.at;
  return { group: interpolate(group, known), cancels, at };
}

function readShell(node: Node): string | undefined {
  return text(field(field(field(node, "defaults"), "run"), "shell"));
}

function workdir(node: Node): string | undefined {
  return text(field(field(field(node, "defaults"), "run"), "working-directory"));
}

/** Texts of a map, such as `with` or `env`, with what is known put in. */
export function readTexts(node: Node | undefined, known: Known): Record<string, string> {
  return Object.fromEntries(
    entries(node).flatMap(({ key, value }) => {
      const source = text(value);
      return source === undefined ? [] : [[key, interpolate(source, known)]];
    }),
  );
}

function withEnv(known: Known, node: Node): Known {
  const env = field(node, "env");
  return env ? { ...known, env: { ...known.env, ...readTexts(env, known) } } : known;
}

interface Called {
  readonly call: Call;
  readonly callee?: Callee;
  readonly inputs: ReadonlyMap<string, Expr>;
}

interface Callee {
  readonly key: string;
  readonly root: Node;
  readonly home?: Home;
}

function readCall(job: Node, known: Known, frame: Frame): Called | undefined {
  const uses = entry(job, "uses");
  const target = text(uses?.value);
  if (!uses || target === undefined) return undefined;
  const given = readTexts(field(job, "with"), known);
  const callee = openCallee(target, uses.at, frame);
  const call: Call = { target, arguments: given, opaque: callee === undefined };
  const inputs = calleeInputs(callee?.root, field(job, "with"), known);
  return callee ? { call, callee, inputs } : { call, inputs };
}

/** `./x` and `$/x` mean a file of the same commit. */
export function localPath(target: string): string | undefined {
  return /^(\.|\$)\//.test(target) ? target.slice(2) : undefined;
}

/** In a file of another repository, `./x` means a file of that one. */
function openCallee(target: string, at: Location, frame: Frame): Callee | undefined {
  const { files, home } = frame;
  const path = home ? undefined : localPath(target);
  if (path !== undefined && !mayFollow(path, at, frame)) return undefined;
  const root = path === undefined ? undefined : files.read(path);
  if (path !== undefined) return root && { key: path, root };
  const opened = openElsewhere(target, at, { files, home });
  return opened && mayFollow(opened.key, at, frame) ? opened : undefined;
}

function mayFollow(key: string, at: Location, { files, callers }: Frame): boolean {
  if (!callers.includes(key) && callers.length < CALLS_DEEP) return true;
  const why = callers.includes(key) ? "it calls itself" : `calls are nested deeper than ${CALLS_DEEP} levels`;
  files.notes.push({ path: at.path, line: at.line, message: `The call of ${key} was not followed: ${why}.` });
  return false;
}

function calleeInputs(
  root: Node | undefined,
  given: Node | undefined,
  known: Known,
): ReadonlyMap<string, Expr> {
  const declared = field(field(field(root, "on"), "workflow_call"), "inputs");
  return readArguments(declared, NOTHING, { given, known });
}

/** The arguments of a call: what is given, else what the callee declares as default. */
export function readArguments(
  declared: Node | undefined,
  callee: Known,
  { given, known }: { readonly given: Node | undefined; readonly known: Known },
): ReadonlyMap<string, Expr> {
  const inputs = new Map<string, Expr>();
  for (const { key, value } of entries(declared)) {
    const byDefault = field(value, "default");
    inputs.set(key.toLowerCase(), argument(byDefault?.kind === "scalar" ? byDefault.value : null, callee));
  }
  for (const { key, value } of entries(given)) {
    if (value.kind === "scalar") inputs.set(key.toLowerCase(), argument(value.value, known));
  }
  return inputs;
}

function callFrame(job: Job, inputs: Called["inputs"], callee: Callee, frame: Frame): Frame {
  return {
    files: frame.files,
    // A called workflow does not see its caller's `env`.
    known: { inputs, env: {}, legs: [] },
    prefix: `${job.key}/`,
    root: job.root,
    caller: job.key,
    callers: [...frame.callers, callee.key],
    jobs: frame.jobs,
    ...(callee.home ? { home: callee.home } : {}),
  };
}
