import type { Note, Side, Tree } from "../engine/types.ts";
import { JOBS_AT_MOST, readJobs, TooManyJobs } from "./github-jobs.ts";
import { readTriggers, triggersAt } from "./github-triggers.ts";
import { refsIn } from "./interpolate.ts";
import { onlyCalled } from "./model.ts";
import type { Job, Pipeline, Trigger } from "./model.ts";
import { inNeedsOrder } from "./order.ts";
import { WORKFLOW_FILE } from "./workflow-file.ts";
import { readYaml, type ReadYaml } from "./read-yaml.ts";
import type { Dialect } from "./yaml-build.ts";
import { entries, entry, field, text } from "./yaml.ts";
import type { Node, Primitive } from "./yaml.ts";

/** The files of one side, each parsed once. */
export interface Files {
  readonly tree: Tree;
  readonly side: Side;
  readonly notes: Note[];
  /** Paths of what was not read: it may hold anything. */
  readonly unread: string[];
  readonly read: (path: string, dialect?: Dialect) => Node | undefined;
}

/** Opens a tree's YAML files. What cannot be read becomes a note, once. */
export function openFiles(tree: Tree, side: Side): Files {
  const cache = new Map<string, ReadYaml>();
  const notes: Note[] = [];
  const unread: string[] = [];
  const read = (path: string, dialect?: Dialect): Node | undefined => {
    const blob = tree.files.get(path);
    if (!blob) return undefined;
    const key = `${path}\n${JSON.stringify(dialect ?? {})}`;
    let result = cache.get(key);
    if (!result) {
      result = readYaml(blob.text, path, side, dialect);
      cache.set(key, result);
      if (result.problem) {
        notes.push(noteOf(path, result.problem));
        unread.push(path);
      }
    }
    return result.problem ? undefined : result.root;
  };
  return { tree, side, notes, unread, read };
}

function noteOf(path: string, { line, reason }: { line?: number; reason: string }): Note {
  const message = `This pipeline file was not analysed: ${reason}. What it tests and deploys is unknown.`;
  return line === undefined ? { path, message } : { path, line, message };
}

/** Reads all workflows that an event can start, with what they call put in. */
export function readGithubActions(files: Files): Pipeline[] {
  const paths = [...files.tree.files.keys()].filter((path) => WORKFLOW_FILE.test(path)).sort();
  const read = paths.flatMap((path) => {
    const root = files.read(path);
    const pipeline = root && readWorkflow(root, path, files);
    return pipeline ? [pipeline] : [];
  });
  // What is called from here runs where its callers are; what nobody here calls is called from elsewhere.
  const callers = read.filter((pipeline) => !onlyCalled(pipeline));
  const reached = new Set(callers.flatMap(({ jobs }) => jobs.map(({ at }) => at.path)));
  return read.filter((pipeline) => !onlyCalled(pipeline) || !reached.has(pipeline.path));
}

function readWorkflow(root: Node, path: string, files: Files): Pipeline | undefined {
  const triggers = readTriggers(root);
  if (triggers.length === 0) return undefined;
  try {
    return build(root, path, { files, triggers });
  } catch (error) {
    if (!(error instanceof TooManyJobs)) throw error;
    const message = `This workflow was not analysed: with what it calls, it has more than ${JOBS_AT_MOST} jobs.`;
    files.notes.push({ path, line: error.line, message });
    files.unread.push(path);
    return undefined;
  }
}

function build(
  root: Node,
  path: string,
  { files, triggers }: { files: Files; triggers: readonly Trigger[] },
): Pipeline | undefined {
  const { jobs, concurrency } = readJobs(root, path, files);
  const ordered = inNeedsOrder(jobs);
  if (!ordered.jobs) {
    const { id, at } = ordered.cycle;
    const message = `This workflow was not analysed: job ${id} needs itself through its needs, so GitHub refuses it.`;
    files.notes.push({ path, line: at.line, message });
    files.unread.push(path);
    return undefined;
  }
  return {
    provider: "github-actions",
    path,
    id: path,
    name: text(field(root, "name")) ?? path,
    triggers,
    triggersAt: triggersAt(root),
    jobs: ordered.jobs,
    ...(concurrency ? { concurrency } : {}),
    inputs: dispatchInputs(root),
    refs: refsOf(ordered.jobs),
    opaque: [],
  };
}

function dispatchInputs(root: Node): Readonly<Record<string, Primitive>> {
  const inputs = field(field(entry(root, "on")?.value, "workflow_dispatch"), "inputs");
  const defaults = entries(inputs).map(({ key, value }): [string, Primitive] => {
    const given = field(value, "default");
    if (given?.kind === "scalar") return [key.toLowerCase(), given.value];
    return [key.toLowerCase(), text(field(value, "type")) === "boolean" ? false : null];
  });
  return Object.fromEntries(defaults);
}

/** Branch and tag names that the conditions of jobs and steps ask for. */
export function refsOf(jobs: readonly Job[]): string[] {
  const conditions = jobs.flatMap(({ condition, steps }) => [
    condition,
    ...steps.map((step) => step.condition),
  ]);
  return [...new Set(conditions.flatMap((condition) => (condition ? refsIn(condition.expr) : [])))];
}
