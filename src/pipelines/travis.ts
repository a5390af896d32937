import type { Location } from "../engine/types.ts";
import type { Files } from "./github-actions.ts";
import type { Condition, Job, Need, Pipeline } from "./model.ts";
import {
  allOf,
  assemble,
  condition,
  itemsOf,
  need,
  newJob,
  oneLineOf,
  trigger,
  unlessFailed,
  Names,
  YES,
} from "./reading.ts";
import { travisCondition } from "./travis-conditions.ts";
import { readPhases } from "./travis-steps.ts";
import { entries, entry, field, text, texts } from "./yaml.ts";
import type { Entry, Node } from "./yaml.ts";

/** Reads `.travis.yml`: stages in order, jobs side by side. Source: https://docs.travis-ci.com/user/build-stages/ */
export function readTravis(path: string, files: Files): Pipeline[] {
  const root = files.read(path, { merge: true });
  if (root?.kind !== "map") return [];
  const all = readJobs(root);
  const jobs = inOrder(all, stagesOf(root, all));
  const triggers = [trigger("push", root.at), trigger("pull_request", root.at)];
  const frame = { provider: "travis" as const, path, id: path, name: path, triggers, triggersAt: root.at };
  const opaque = texts(field(root, "import")).map(({ text: source }) => source);
  const maps = itemsOf(field(root, "import")).flatMap((item) => text(field(item, "source")) ?? []);
  return jobs.length === 0 ? [] : assemble({ ...frame, opaque: [...opaque, ...maps] }, jobs, files);
}

interface Read {
  readonly job: Job;
  readonly stage: string;
}

/** The stage of jobs that name none: https://docs.travis-ci.com/user/build-stages/#naming-your-build-stages */
const STAGE = "test";
/** A job that nobody named. That its stage is called "test" says nothing of what it does. */
const UNNAMED = "build";

const jobsOf = (root: Node): Node | undefined => field(root, "jobs") ?? field(root, "matrix");

function readJobs(root: Node): Read[] {
  const taken = new Names();
  const included = itemsOf(field(jobsOf(root), "include"));
  const base =
    included.length === 0 || expands(root) ? [readJob(root, root, { taken, stage: STAGE, id: UNNAMED })] : [];
  // A job without a stage is in that of the job above it.
  let stage = base.length > 0 ? undefined : stageOf(included[0]);
  const more = included.map((item) => {
    stage = stageOf(item) ?? stage;
    const id = text(field(item, "name")) ?? stage ?? UNNAMED;
    return readJob(item, root, { taken, stage: stage ?? STAGE, id });
  });
  return [...base, ...more].filter(({ job }) => job.steps.length > 0);
}

const stageOf = (job: Node | undefined): string | undefined =>
  text(field(job, "stage")) ?? text(field(field(job, "stage"), "name"));

/** Keys whose lists make one job for each value: https://docs.travis-ci.com/user/build-matrix/ */
const EXPANDS =
  /^(os|arch|dist|env|python|node_js|rvm|ruby|go|jdk|php|rust|scala|perl|elixir|otp_release|dart|d|compiler|ghc|gemfile|julia|r|crystal|swift|xcode_scheme|xcode_sdk|osx_image|haxe|haskell|smalltalk|lein|clojure)$/;

const expands = (root: Node): boolean =>
  entries(root).some(
    ({ key, value }) =>
      EXPANDS.test(key) &&
      (itemsOf(value).length > 1 || itemsOf(field(value, "jobs") ?? field(value, "matrix")).length > 0),
  );

interface Place {
  readonly taken: Names;
  readonly stage: string;
  readonly id: string;
}

function readJob(item: Node, root: Node, { taken, stage, id }: Place): Read {
  const at = placeOf(item, root);
  const allowed = item === root ? undefined : allowFailure(item, root, stage);
  const job = newJob(taken.unused(id), at, {
    steps: readPhases(item, root),
    ...allOf([unlessFailed(at), askedOf(entry(item, "if"))]),
    ...(allowed ? { allowFailure: allowed } : {}),
  });
  return { job, stage };
}

/** The job of the top level stands where its script does. */
const placeOf = (item: Node, root: Node): Location =>
  item === root
    ? (entry(root, "script")?.at ?? entry(root, "install")?.at ?? entry(root, "language")?.at ?? root.at)
    : item.at;

const askedOf = (item: Entry | undefined): Condition | undefined =>
  item && condition(travisCondition(text(item.value) ?? ""), `if: ${oneLineOf(item.value)}`, item.at);

/** A job may fail where an entry of `allow_failures` says nothing that the job does not say as well. */
function allowFailure(job: Node, root: Node, stage: string): Condition | undefined {
  const rules = itemsOf(field(jobsOf(root), "allow_failures"));
  const rule = rules.find((candidate) => {
    const wanted = entries(candidate).filter(({ key }) => key !== "if");
    return (
      wanted.length > 0 &&
      wanted.every(({ key, value }) => oneLineOf(value) === said(key, { job, root, stage }))
    );
  });
  return rule && condition(YES, `allow_failures: ${oneLineOf(rule)}`, rule.at);
}

function said(
  key: string,
  { job, root, stage }: { readonly job: Node; readonly root: Node; readonly stage: string },
): string {
  if (key === "stage") return stage;
  return oneLineOf(field(job, key) ?? field(root, key));
}

interface StageOrder {
  readonly name: string;
  readonly condition: Condition | undefined;
}

/** Those that `stages` lists, then the others in the order in which they first stand. */
function stagesOf(root: Node, all: readonly Read[]): StageOrder[] {
  const listed = itemsOf(field(root, "stages")).flatMap((item): StageOrder[] => {
    const name = text(item) ?? text(field(item, "name"));
    return name === undefined ? [] : [{ name, condition: askedOf(entry(item, "if")) }];
  });
  const names = new Set(listed.map(({ name }) => name.toLowerCase()));
  const rest = [...new Map(all.map(({ stage }) => [stage.toLowerCase(), stage]))].filter(
    ([key]) => !names.has(key),
  );
  return [...listed, ...rest.map(([, name]) => ({ name, condition: undefined }))];
}

function inOrder(all: readonly Read[], stages: readonly StageOrder[]): Job[] {
  let before: readonly Need[] = [];
  return stages.flatMap(({ name, condition: asked }) => {
    const members = all.filter(({ stage }) => stage.toLowerCase() === name.toLowerCase());
    const needs = before;
    if (members.length > 0) before = members.map(({ job }) => need(job.id, job.at));
    return members.map(({ job }): Job => ({ ...job, needs, ...allOf([job.condition, asked]) }));
  });
}
