import type { Tree } from "../engine/types.ts";
import { rewrite, walk } from "./expressions.ts";
import type { Expr } from "./expressions.ts";
import { variableOf as gitlabVariable } from "./gitlab-expressions.ts";
import type { Job, Pipeline, Provider, Step } from "./model.ts";
import { own } from "./own.ts";
import { literal, OPAQUE, or, run } from "./reading.ts";

/** Where a script runs: what its variables and expressions stand for depends on it. */
interface Setting extends Known {
  readonly pipeline: Pipeline;
  readonly step: Step;
}

/** What is looked up once for a pipeline. */
interface Known {
  /** The variables that a job's own scripts set. */
  readonly set: ReadonlySet<string>;
  readonly written: (name: string) => Expr | undefined;
}

/** The conditions of a job's scripts, once it is known what their variables stand for. */
export type Bind = (expr: Expr, step: Step) => Expr;

/** Looks up, for the jobs of a pipeline, what the variables of their scripts stand for. */
export function settings(pipeline: Pipeline, tree: Tree): (job: Job) => Bind {
  const found = new Map<string, Expr | undefined>();
  const source = pipeline.provider === "github-actions" ? "" : (tree.files.get(pipeline.path)?.text ?? "");
  const written = (name: string): Expr | undefined => {
    if (!found.has(name)) found.set(name, found.size < NAMES_AT_MOST ? writtenIn(name, source) : OPAQUE);
    return found.get(name);
  };
  return (job) => {
    let names: ReadonlySet<string> | undefined;
    return (expr, step) => inSetting(expr, { pipeline, step, written, set: (names ??= namesSet(job)) });
  };
}

/** More names than this are not looked for in one file. */
const NAMES_AT_MOST = 100;

/**
 * Puts into a condition of a shell what its variables stand for: what the files give them, what the CI system does,
 * else an input of the same name, which whoever starts the pipeline may give. What a script computes stays opaque.
 */
function inSetting(expr: Expr, setting: Setting): Expr {
  return rewrite(expr, (node) => {
    if (node.kind === "path" && node.path[0] === "shell") return variable(node.path[1] ?? "", setting);
    const [source] = node.kind === "call" ? node.args : [];
    if (node.kind !== "call" || source?.kind !== "literal") return undefined;
    if (node.name === "macro") return macro(String(source.value), setting);
    return node.name === "fenced" ? fenced(String(source.value), setting) : undefined;
  });
}

/** The shell sees texts only: `false` is one, and so is nothing at all. */
const asText = (expr: Expr): Expr => ({ kind: "call", name: "text", args: [expr] });

/** What a run of a matrix, a runner or a secret holds is no switch that somebody turns. */
const FIXED = new Set(["matrix", "strategy", "runner", "job", "jobs", "secrets", "env"]);

function fenced(source: string, setting: Setting): Expr {
  const expr = setting.step.meaning?.(source);
  if (!expr) return OPAQUE;
  const known = rewrite(expr, (node) =>
    node.kind === "path" && node.path[0] === "env" ? envVariable(node.path[1] ?? "", setting) : undefined,
  );
  const isFixed = [...walk(known)].some((node) => node.kind === "path" && FIXED.has(node.path[0] ?? ""));
  return isFixed ? OPAQUE : asText(known);
}

/** Source: https://learn.microsoft.com/azure/devops/pipelines/process/variables#understand-variable-syntax */
function macro(name: string, setting: Setting): Expr {
  if (setting.pipeline.provider !== "azure") return OPAQUE;
  return variable(name.includes(".") ? name.replaceAll(".", "_").toUpperCase() : name, setting);
}

function envVariable(lower: string, setting: Setting): Expr {
  const names = Object.keys(setting.step.variables ?? {});
  const name = names.find((candidate) => candidate.toLowerCase() === lower);
  return name === undefined ? OPAQUE : variable(name, setting);
}

function variable(name: string, setting: Setting): Expr {
  const { step, pipeline } = setting;
  const given = own(step.variables ?? {}, name);
  if (given !== undefined) return valueOf(given, setting);
  const isCi = name === "CI" && SAYS_CI.has(pipeline.provider) && !setting.set.has(name);
  const known = isCi ? literal("true") : ofSystem(name, pipeline.provider);
  if (known) return known;
  const isInput = own(pipeline.inputs, name.toLowerCase()) !== undefined;
  if (!isInput && setting.set.has(name)) return OPAQUE;
  const written = isInput ? undefined : setting.written(name);
  return written ?? asText({ kind: "path", path: ["inputs", name.toLowerCase()] });
}

function valueOf(given: string, setting: Setting): Expr {
  if (!given.includes("${{")) return literal(given);
  const only = /^\s*\$\{\{((?:(?!\}\}).)*)\}\}\s*$/s.exec(given)?.[1];
  return only === undefined || /\benv\./.test(only) ? OPAQUE : fenced(only, setting);
}

/** Systems that set CI to `true` for every job, by their documentation. */
const SAYS_CI: ReadonlySet<Provider> = new Set([
  ...(["github-actions", "gitlab", "circleci", "travis", "bitbucket", "buildkite"] as const),
]);

/** Variables that every CI system, or every shell, sets. */
const SYSTEM =
  /^(CI|HOME|PATH|PWD|USER|SHELL|HOSTNAME|OSTYPE|LANG|UID|EUID|TERM|TMPDIR|IFS|OLDPWD|RANDOM|SECONDS)$|^(CI|GITHUB|RUNNER|ACTIONS|CIRCLE|BUILD|SYSTEM|AGENT|BITBUCKET|DRONE|TRAVIS|BUILDKITE|JENKINS|TF|BASH)_/;
const GITHUB = /^GITHUB_(EVENT_NAME|REF|REF_NAME|REF_TYPE|BASE_REF|HEAD_REF)$/;
const VARIABLES: Readonly<Partial<Record<Provider, Readonly<Record<string, Expr>>>>> = {
  circleci: { CIRCLE_BRANCH: run("branch"), CIRCLE_TAG: run("tag") },
  azure: { BUILD_SOURCEBRANCHNAME: or(run("branch"), run("tag")) },
  bitbucket: { BITBUCKET_BRANCH: run("branch"), BITBUCKET_TAG: run("tag") },
  travis: { TRAVIS_BRANCH: run("branch"), TRAVIS_TAG: run("tag") },
  buildkite: { BUILDKITE_BRANCH: run("branch"), BUILDKITE_TAG: run("tag") },
  drone: { DRONE_BRANCH: run("branch"), DRONE_TAG: run("tag") },
};

function ofSystem(name: string, provider: Provider): Expr | undefined {
  const ofGithub = provider === "github-actions" ? GITHUB.exec(name)?.[1] : undefined;
  if (ofGithub !== undefined) return asText({ kind: "path", path: ["github", ofGithub.toLowerCase()] });
  const found = provider === "gitlab" ? gitlabVariable(name) : own(VARIABLES[provider] ?? {}, name);
  if (found) return found.kind === "opaque" ? OPAQUE : asText(found);
  return SYSTEM.test(name) ? OPAQUE : undefined;
}

/** What a step before may have set: in its shell, or for all steps after it. */
const namesSet = ({ steps }: Job): ReadonlySet<string> =>
  new Set(
    steps.flatMap(({ run: script = "" }) =>
      Array.from(
        script.matchAll(/\bvariable=(\w+)|\b([A-Za-z_]\w{0,99})(?:=|<<)/g),
        ([, one, name]) => one ?? name ?? "",
      ),
    ),
  );

/** What the pipeline's own file gives it, in whatever form its system has. */
function writtenIn(name: string, source: string): Expr | undefined {
  if (new RegExp(String.raw`name:\s*["']?${name}\b`).test(source)) return OPAQUE;
  const lines = [
    ...source.matchAll(new RegExp(String.raw`(?:^|[\s{,-])${name}["']?\s*[:=]\s*([^\n]*)`, "gm")),
  ];
  const [only, ...more] = lines.map(
    (match) => /^(["']?)([\w.-]*)\1\s*(?:#.*|[,}].*)?$/.exec(match[1] ?? "")?.[2],
  );
  if (lines.length === 0) return undefined;
  return only === undefined || more.length > 0 ? OPAQUE : literal(only);
}
