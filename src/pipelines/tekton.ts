import type { Location } from "../engine/types.ts";
import { clusterObjects } from "./cluster-objects.ts";
import type { ClusterObject } from "./cluster-objects.ts";
import type { Files } from "./github-actions.ts";
import type { Pipeline, Trigger } from "./model.ts";
import { assemble, itemsOf, newJob, trigger } from "./reading.ts";
import { celCondition, lastOf } from "./tekton-conditions.ts";
import { readTasks } from "./tekton-tasks.ts";
import type { Known } from "./tekton-tasks.ts";
import { entries, entry, field, text } from "./yaml.ts";
import type { Node } from "./yaml.ts";

const KINDS = /kind:\s*["']?(Pipeline|PipelineRun|Task|StepAction)\b/;

/** Reads Tekton's pipelines, also those that Pipelines as Code starts: each run is a pipeline, and each task a job. */
export function readTekton(files: Files): Pipeline[] {
  const all = clusterObjects(files, "tekton.dev", KINDS);
  const known: Known = { objects: new Map(all.map((object) => [`${object.kind} ${object.name}`, object])) };
  const runs = all.filter(({ kind }) => kind === "PipelineRun");
  const started = new Set(
    runs.map(({ node }) => text(field(field(field(node, "spec"), "pipelineRef"), "name"))),
  );
  const alone = all.filter(({ kind, name }) => kind === "Pipeline" && !started.has(name));
  return [
    ...runs.flatMap((run) => ofRun(run, known, files)),
    ...alone.flatMap((one) => ofPipeline(one, known, files)),
  ];
}

/** A pipeline that no run of the repository starts: a trigger, or a person, does. */
function ofPipeline(pipeline: ClusterObject, known: Known, files: Files): Pipeline[] {
  const { path, name, node } = pipeline;
  const at = nameAt(node);
  const frame = {
    provider: "tekton" as const,
    path,
    id: `${path} ${name}`,
    name,
    triggers: [trigger("start", at)],
    triggersAt: at,
  };
  const spec = field(node, "spec");
  return assemble({ ...frame, inputs: defaultsOf(spec) }, readTasks(spec, known, new Map()), files);
}

function ofRun(run: ClusterObject, known: Known, files: Files): Pipeline[] {
  const { path, name, node } = run;
  const spec = field(node, "spec");
  const reference = entry(spec, "pipelineRef");
  const called = text(field(reference?.value, "name"));
  const pipeline = called === undefined ? undefined : known.objects.get(`Pipeline ${called}`);
  const body = field(spec, "pipelineSpec") ?? field(pipeline?.node, "spec");
  const triggers = triggersOf(node);
  const triggersAt = triggers[0]?.at ?? nameAt(node);
  const frame = { provider: "tekton" as const, path, id: `${path} ${name}`, name, triggers, triggersAt };
  if (body)
    return assemble({ ...frame, inputs: defaultsOf(body) }, readTasks(body, known, paramsOf(spec)), files);
  const target = called ?? `the pipeline of ${name}`;
  const call = { target, arguments: Object.fromEntries(paramsOf(spec)), opaque: true };
  return assemble({ ...frame, opaque: [target] }, [newJob(name, reference?.at ?? node.at, { call })], files);
}

const nameAt = (node: Node): Location => entry(field(node, "metadata"), "name")?.at ?? node.at;

const defaultsOf = (spec: Node | undefined): Record<string, string | null> =>
  Object.fromEntries(
    itemsOf(field(spec, "params")).flatMap((item) => {
      const name = text(field(item, "name"));
      return name === undefined ? [] : [[name.toLowerCase(), text(field(item, "default")) ?? null] as const];
    }),
  );

const paramsOf = (spec: Node | undefined): Map<string, string> =>
  new Map(
    itemsOf(field(spec, "params")).flatMap((item) => {
      const name = text(field(item, "name"));
      const value = text(field(item, "value"));
      return name === undefined || value === undefined ? [] : [[name, value] as const];
    }),
  );

/** Annotations of Pipelines as Code: https://pipelinesascode.com/docs/guide/matchingevents/ */
const ANNOTATIONS = "pipelinesascode.tekton.dev/";

function triggersOf(run: Node): Trigger[] {
  const annotations = entries(field(field(run, "metadata"), "annotations"));
  const of = (name: string) => annotations.find(({ key }) => key === `${ANNOTATIONS}${name}`);
  const event = of("on-event");
  const cel = of("on-cel-expression");
  if (cel)
    return celCondition(text(cel.value) ?? "").map(({ event: name, branches }) =>
      trigger(name, cel.at, { branches }),
    );
  if (!event) return [trigger("start", nameAt(run))];
  const targets = listed(text(of("on-target-branch")?.value) ?? "").map(lastOf);
  return listed(text(event.value) ?? "").map((name) =>
    name === "pull_request" ? trigger(name, event.at) : trigger("push", event.at, targetsOf(targets)),
  );
}

/** A list is written in a text: `"[main, release-*]"`. */
const listed = (source: string): string[] =>
  source
    .replaceAll(/[[\]"']/g, "")
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");

function targetsOf(targets: readonly string[]): Partial<Trigger> {
  const tags = targets.filter((name) => name.startsWith("refs/tags/")).map((name) => name.slice(10));
  return { branches: targets.filter((name) => !name.startsWith("refs/tags/")), tags };
}
