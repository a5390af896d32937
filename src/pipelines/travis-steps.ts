import type { Condition, Step } from "./model.ts";
import { condition, newStep, numbered, runLineOf, status, YES } from "./reading.ts";
import { onCondition } from "./travis-conditions.ts";
import { entries, entry, field, text } from "./yaml.ts";
import type { Node } from "./yaml.ts";

/** Phases before the tests: the first failure ends the job. */
const BEFORE = ["before_install", "install", "before_script"] as const;
/** The phases of a job in order; what the job does not say is that of the top level. Source: https://docs.travis-ci.com/user/job-lifecycle/ */
export function readPhases(job: Node, root: Node): Step[] {
  const of = (key: string): Node | undefined => field(job, key) ?? field(root, key);
  const after = (phase: string, when: Parameters<typeof status>[0]): Step[] =>
    harmless(commands(of(phase)), phase, when);
  return numbered([
    ...BEFORE.flatMap((phase) => commands(of(phase))),
    ...script(of("script")),
    ...after("after_success", "success"),
    ...deployments(of("deploy"), of("before_deploy")),
    ...after("after_failure", "failure"),
    ...after("after_script", "always"),
  ]);
}

/** What runs after the tests: its failures change nothing any more. */
const harmless = (steps: readonly Step[], phase: string, when: Parameters<typeof status>[0]): Step[] =>
  steps.map((step) => ({
    ...step,
    condition: condition(status(when), phase, step.at),
    allowFailure: condition(YES, phase, step.at),
  }));

/** All commands of `script` run, whatever became of those before them; the job fails in the end. */
function script(node: Node | undefined): Step[] {
  return commands(node).map((step, index) =>
    index === 0 ? step : { ...step, condition: condition(status("always"), "script", step.at) },
  );
}

function commands(node: Node | undefined): Step[] {
  const items = node?.kind === "sequence" ? node.items : node ? [node] : [];
  return items.flatMap((item) => {
    const source = text(item);
    if (source === undefined || source === "skip" || source === "true") return [];
    // Each entry is run by itself, in one shell without `-e`.
    return [newStep(item.at, { run: source, runLine: runLineOf(item), errexit: false })];
  });
}

function deployments(deploy: Node | undefined, before: Node | undefined): Step[] {
  const items = deploy?.kind === "sequence" ? deploy.items : deploy ? [deploy] : [];
  const steps = items.flatMap(deployment);
  return steps.length === 0 ? [] : [...commands(before), ...steps];
}

function deployment(item: Node): Step[] {
  const provider = text(field(item, "provider")) ?? text(item);
  if (provider === undefined) return [];
  const asked: Condition | undefined = onCondition(entry(item, "on"));
  const guarded = asked ? { condition: asked } : {};
  const own = provider === "script" ? field(item, "script") : undefined;
  if (own) return commands(own).map((step) => ({ ...step, ...guarded }));
  const given = entries(item).flatMap(({ key, value }) => {
    const argument = text(value);
    return argument === undefined ? [] : [[key, argument] as const];
  });
  return [newStep(item.at, { uses: `travis/${provider}`, arguments: Object.fromEntries(given), ...guarded })];
}
