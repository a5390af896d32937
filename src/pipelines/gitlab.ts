import type { Location } from "../engine/types.ts";
import type { Files } from "./github-actions.ts";
import { conditionOf, whenOf } from "./gitlab-rules.ts";
import type { When } from "./gitlab-rules.ts";
import { expandJobs, readConfiguration } from "./gitlab-include.ts";
import { readMatrixLegs, readScripts } from "./gitlab-steps.ts";
import type { Concurrency, Condition, Environment, Job, Need, Pipeline } from "./model.ts";
import {
  and,
  assemble,
  condition,
  equal,
  literal,
  newJob,
  not,
  oneLineOf,
  OPAQUE,
  or,
  resultOf,
  status,
  trigger,
  YES,
} from "./reading.ts";
import { entry, field, text } from "./yaml.ts";
import type { Entry, Node } from "./yaml.ts";

/** Reads `.gitlab-ci.yml` with the files of the repository that it includes. */
export function readGitLab(path: string, files: Files): Pipeline[] {
  const configuration = readConfiguration(path, files);
  if (!configuration) return [];
  const { root, opaque, variables } = configuration;
  const at = root.at;
  const file: File = { root, at, stages: stagesOf(root) };
  const read = expandJobs(root).flatMap((job) => readJob(job, file));
  const jobs = inOrder(read, file.stages);
  const triggers = ["push", "pull_request", "schedule", "workflow_dispatch"].map((event) =>
    trigger(event, at),
  );
  const frame = { provider: "gitlab" as const, path, id: path, name: path, triggers, triggersAt: at };
  return jobs.length === 0 ? [] : assemble({ ...frame, opaque, inputs: variables }, jobs, files);
}

interface File {
  readonly root: Node;
  readonly at: Location;
  readonly stages: readonly string[];
}

/** Source of the default: https://docs.gitlab.com/ci/yaml/#stages */
function stagesOf(root: Node): string[] {
  const listed = field(root, "stages");
  const names = listed?.kind === "sequence" ? listed.items.flatMap((item) => text(item) ?? []) : [];
  return [".pre", ...(names.length > 0 ? names : ["build", "test", "deploy"]), ".post"];
}

interface Read {
  readonly job: Job;
  readonly stage: string;
  /** What it needs by name, instead of the stages before; absent where the stages decide. */
  readonly needs: readonly Wanted[] | undefined;
  readonly when: When;
  readonly own: Condition | undefined;
}

interface Wanted extends Need {
  readonly optional: boolean;
}

function readJob({ key, at, value }: Entry, file: File): Read[] {
  const triggered = entry(value, "trigger");
  if (!entry(value, "script") && !entry(value, "run") && !triggered) return [];
  const workflow = conditionOf(field(file.root, "workflow"));
  const asked = conditionOf(value);
  const when = whenOf(value);
  const allowed = allowFailure(value, when, at);
  const environment = environmentOf(value);
  const needs = entry(value, "needs");
  const job = newJob(key, at, {
    legs: readMatrixLegs(field(value, "parallel")),
    steps: readScripts(value, field(file.root, "default"), file.root),
    ...(needs ? { needsAt: { ...needs.value.at, line: needs.at.line, column: needs.at.column } } : {}),
    ...(allowed ? { allowFailure: allowed } : {}),
    ...(environment ? { environment } : {}),
    ...concurrencyOf(entry(value, "resource_group")),
    ...(when.kind === "manual" ? { approval: true } : {}),
    ...(triggered ? { call: { target: oneLineOf(triggered.value), arguments: {}, opaque: true } } : {}),
  });
  return [
    {
      job,
      stage: text(field(value, "stage")) ?? "test",
      needs: wanted(needs),
      when,
      own: both(workflow, asked),
    },
  ];
}

/** Jobs of one resource group run one after the other: https://docs.gitlab.com/ci/resource_groups/ */
function concurrencyOf(item: Entry | undefined): { concurrency?: Concurrency } {
  const group = text(item?.value);
  return item && group !== undefined ? { concurrency: { group, cancels: false, at: item.at } } : {};
}

function both(outer: Condition | undefined, inner: Condition | undefined): Condition | undefined {
  if (!outer || !inner) return outer ?? inner;
  return condition(and(outer.expr, inner.expr), `${outer.text} and ${inner.text}`, inner.at);
}

/** Outside `rules`, a manual job may fail, and is not waited for: https://docs.gitlab.com/ci/jobs/job_control/#types-of-manual-jobs */
function allowFailure(job: Node, when: When, at: Location): Condition | undefined {
  const item = entry(job, "allow_failure");
  if (!item)
    return when.kind === "manual" && !when.inRules
      ? condition(YES, `when: manual${entry(job, "rules") ? " and allow_failure: true" : ""}`, when.at ?? at)
      : undefined;
  if (item.value.kind === "scalar") {
    return item.value.value === true ? condition(YES, "allow_failure: true", item.at) : undefined;
  }
  return condition(OPAQUE, `allow_failure: ${oneLineOf(item.value)}`, item.at);
}

function environmentOf(job: Node): Environment | undefined {
  const item = entry(job, "environment");
  const name = text(item?.value.kind === "map" ? field(item.value, "name") : item?.value);
  if (
    !item ||
    name === undefined ||
    /stop|prepare|verify|access/.test(text(field(item.value, "action")) ?? "")
  )
    return undefined;
  const tier = text(field(item.value, "deployment_tier"));
  return { names: tier === undefined ? [name] : [tier, name], at: item.at };
}

function wanted(needs: Entry | undefined): Wanted[] | undefined {
  if (needs?.value.kind !== "sequence") return undefined;
  return needs.value.items.flatMap((item) => {
    const id = text(item) ?? text(field(item, "job"));
    // A need of another pipeline or project is for its artifacts.
    if (id === undefined || field(item, "pipeline") || field(item, "project")) return [];
    const optional = text(field(item, "optional")) === "true";
    return [{ key: id.toLowerCase(), id, at: item.at, optional }];
  });
}

/** Puts in what each job waits for: what it needs, or all jobs of the stage before. */
function inOrder(all: readonly Read[], stages: readonly string[]): Job[] {
  const used = stages.filter((stage) => all.some((read) => read.stage === stage));
  return all.map((read) => {
    const { job, needs, stage } = read;
    const before = used[used.indexOf(stage) - 1];
    const stageNeeds = before === undefined ? [] : all.filter((other) => other.stage === before);
    const list =
      needs ?? stageNeeds.map(({ job: other }): Need => ({ key: other.key, id: other.id, at: other.at }));
    const started = startOf(read, needs);
    return { ...job, needs: list, condition: started };
  });
}

/**
 * When a job starts. By stages: nothing before failed; jobs that the rules left out do not count. By needs: each of them
 * succeeded. Source: https://docs.gitlab.com/ci/yaml/#needs
 */
function startOf({ job, when, own }: Read, needs: readonly Wanted[] | undefined): Condition {
  const order = needs
    ? and(status("always"), ...needs.map(({ id, optional }) => succeeded(id, optional)))
    : not(status("failure"));
  const byWhen = {
    on_success: order,
    always: status("always"),
    on_failure: status("failure"),
    never: { kind: "literal", value: false },
    manual: order,
  } as const;
  // Somebody may leave alone what is started by hand, where nothing waits for it.
  const chance = when.kind === "manual" && !when.inRules ? [OPAQUE] : [];
  const expr = and(byWhen[when.kind], own?.expr ?? YES, ...chance);
  const text = [when.kind === "on_success" ? "" : `when: ${when.kind}`, own?.text ?? ""]
    .filter((part) => part !== "")
    .join(" and ");
  return condition(expr, text, own?.at ?? when.at ?? job.at);
}

const succeeded = (id: string, optional: boolean) => {
  const result = resultOf(id);
  const good = equal(result, literal("success"));
  return optional ? or(good, equal(result, literal("skipped"))) : good;
};
