import { ANY } from "./evaluate.ts";
import type { Possible } from "./evaluate.ts";
import { onlyCalled } from "./model.ts";
import type { Pipeline, Trigger } from "./model.ts";
import { own } from "./own.ts";

/** One way in which a pipeline can be started, with what is then known. */
export interface Scenario {
  /** What a person would say: "a push to main". It is equal on both sides of a change. */
  readonly label: string;
  readonly event: string;
  /** Values under `github`, by their path without `github.`. What is missing is unknown. */
  readonly values: ReadonlyMap<string, Possible>;
}

/** Events that start a pipeline without anybody's asking for it. */
export const AUTOMATIC = new Set([
  "push",
  "pull_request",
  "pull_request_target",
  "merge_group",
  "release",
  "workflow_run",
  "workflow_call",
]);

/** More ways than this are not looked at: the first ones are those that the file names. */
const SCENARIOS_AT_MOST = 16;

/** The ways in which a pipeline can start, each once. */
export function scenariosOf(pipeline: Pipeline): Scenario[] {
  const all = pipeline.triggers.flatMap((trigger) => scenariosOfTrigger(trigger, pipeline));
  return [...new Map(all.map((scenario) => [scenario.label, scenario])).values()].slice(0, SCENARIOS_AT_MOST);
}

function scenariosOfTrigger(trigger: Trigger, pipeline: Pipeline): Scenario[] {
  const { event } = trigger;
  if (event === "workflow_call") return onlyCalled(pipeline) ? [CALLED] : [];
  if (event === "push") return pushes(trigger, pipeline);
  if (event === "pull_request" || event === "pull_request_target") return [pullRequest(trigger)];
  const known: [string, Possible][] = [
    ["event_name", [event]],
    ["source", [event]],
    ["branch", [mainOf(pipeline.refs)]],
    ["tag", [null]],
    ...(NO_PULL_REQUEST as [string, Possible][]),
  ];
  if (event === "release") known.push(["ref_type", ["tag"]]);
  if (event === "workflow_run") known.push(["event.workflow_run.conclusion", ["success"]]);
  if (event === "merge_group") known.push(["base_ref", [ANY]]);
  return [{ label: own(LABELS, event) ?? event, event, values: new Map(known) }];
}

/** A workflow that others call from their repositories: all that is known is that it runs. */
const CALLED: Scenario = { label: "a call from elsewhere", event: "workflow_call", values: new Map() };

const LABELS: Readonly<Record<string, string>> = {
  workflow_dispatch: "a start by hand",
  schedule: "the schedule",
  release: "a release",
  start: "every start",
  promote: "a promotion",
  rollback: "a rollback",
  workflow_run: "the end of another workflow",
  merge_group: "the merge queue",
  "gitops-sync": "a merge",
  "image-update": "a new image in the registry",
};

/** Outside a pull request these are empty. */
const NO_PULL_REQUEST: readonly (readonly [string, Possible])[] = [
  ["base_ref", [""]],
  ["head_ref", [""]],
  ["event.label.name", [null]],
  ["event.pull_request.merged", [null]],
  ["event.pull_request.draft", [null]],
];

function pullRequest({ event, types }: Trigger): Scenario {
  const actions = types.length > 0 ? types : ["opened", "synchronize", "reopened"];
  const values = new Map<string, Possible>([
    ["event_name", [event]],
    ["event.action", actions],
    ["ref_type", ["branch"]],
    ["ref", ["refs/pull/1/merge"]],
    ["source", ["pull_request"]],
    ["branch", [null]],
    ["tag", [null]],
  ]);
  return { label: "a pull request", event, values };
}

/** Elsewhere than on GitHub, a pull request is a push to its branch. */
const ANOTHER = "another-branch";

function pushes({ branches, tags }: Trigger, { provider, refs }: Pipeline): Scenario[] {
  const anyBranch = branches.length > 0 || tags.length === 0;
  const anyTag = tags.length > 0 || branches.length === 0;
  const named = refs
    .map((ref) => ref.replace(/^refs\/heads\//, ""))
    .filter((ref) => !ref.startsWith("refs/"));
  const namedTags = refs.filter((ref) => ref.startsWith("refs/tags/")).map((ref) => ref.slice(10));
  const others =
    provider !== "github-actions" && branches.every(excludes) && tags.length === 0
      ? [push("heads", ANOTHER)]
      : [];
  return [
    ...(anyBranch
      ? candidates(branches, named, provider === "github-actions" ? "main" : mainOf(named)).map((name) =>
          push("heads", name),
        )
      : []),
    ...others,
    ...(anyTag && (tags.length > 0 || namedTags.length > 0)
      ? candidates(tags, namedTags, "v1.0.0").map((name) => push("tags", name))
      : []),
  ];
}

const excludes = (pattern: string): boolean => pattern.startsWith("!");

/** The branch that deploys, where a file does not say it by a filter of its triggers. */
const mainOf = (named: readonly string[]): string =>
  ["main", "master", "trunk", "develop"].find((name) => named.includes(name)) ?? "main";

/** Names that a push can have: those of the filter, those that a condition asks for, else a usual one. */
function candidates(patterns: readonly string[], named: readonly string[], usual: string): string[] {
  const positive = patterns.filter((pattern) => !pattern.startsWith("!"));
  const own = positive.map(sample);
  const asked = named.filter((name) => name !== "" && passes(patterns, name));
  const all = [...new Set([...own, ...asked])];
  return positive.length === 0 && passes(patterns, usual) ? [...new Set([usual, ...all])] : all;
}

/** A name that fits a pattern. */
export const sample = (pattern: string): string => pattern.replaceAll(/\*+/g, "x").replaceAll(/[?+]/g, "");

/** GitHub's filter: the last pattern that fits decides; with exclusions only, all else passes. */
export function passes(patterns: readonly string[], name: string): boolean {
  const filter = filters.get(patterns) ?? patterns.map(compiled);
  filters.set(patterns, filter);
  let passed = filter.every(({ excludes }) => excludes);
  for (const { excludes, fits } of filter) if (name.length > LONGEST || fits(name)) passed = !excludes;
  return passed;
}

interface Pattern {
  readonly excludes: boolean;
  readonly fits: (name: string) => boolean;
}

/** A filter is asked about every path of a repository. */
const filters = new WeakMap<readonly string[], readonly Pattern[]>();
/** Patterns and names come from a stranger: longer ones, and patterns with many stars, are taken to fit rather than tried. */
const LONGEST = 200;
const MOST_STARS = 4;

function compiled(written: string): Pattern {
  const excludes = written.startsWith("!");
  const pattern = excludes ? written.slice(1) : written;
  const expression = expressionOf(pattern);
  return { excludes, fits: (name) => expression?.test(name) ?? true };
}

function expressionOf(pattern: string): RegExp | undefined {
  if ((pattern.match(/\*+/g) ?? []).length > MOST_STARS || pattern.length > LONGEST) return undefined;
  const source = pattern
    .replaceAll(/[.^$(){}|\\]/g, String.raw`\$&`)
    .replaceAll(/\*\*\/?/g, "\u0000")
    .replaceAll("*", "[^/]*")
    .replaceAll("\u0000", ".*");
  try {
    return new RegExp(`^${source}$`);
  } catch {
    return undefined;
  }
}

function push(kind: "heads" | "tags", name: string): Scenario {
  const ref = `refs/${kind}/${name}`;
  const type = kind === "heads" ? "branch" : "tag";
  const values = new Map<string, Possible>([
    ["event_name", ["push"]],
    ["ref", [ref]],
    ["event.ref", [ref]],
    ["source", ["push"]],
    ["branch", [kind === "heads" ? name : null]],
    ["tag", [kind === "tags" ? name : null]],
    ["ref_name", [name]],
    ["ref_type", [type]],
    ...NO_PULL_REQUEST,
  ]);
  return {
    label: labelOf(kind, name),
    event: "push",
    values,
  };
}

function labelOf(kind: "heads" | "tags", name: string): string {
  if (kind === "tags") return `a push of the tag ${name}`;
  return name === ANOTHER ? "a push to another branch" : `a push to ${name}`;
}

/** Whether a scenario happens before a change is merged. */
export function isBeforeMerge({ event, label }: Scenario, { triggers }: Pipeline): boolean {
  if (/^(pull_request|pull_request_target|merge_group)$/.test(event)) return true;
  if (event !== "push") return false;
  // A push without a filter is one to any branch.
  const open = triggers.some(
    (trigger) => trigger.event === "push" && trigger.branches.length + trigger.tags.length === 0,
  );
  return label === "a push to another branch" || (open && label === "a push to main");
}
