import type { Location } from "../engine/types.ts";
import { readWorkflow } from "./argo-templates.ts";
import { clusterObjects } from "./cluster-objects.ts";
import type { ClusterObject } from "./cluster-objects.ts";
import type { Files } from "./github-actions.ts";
import type { Pipeline } from "./model.ts";
import { assemble, itemsOf, trigger } from "./reading.ts";
import { entry, field, text } from "./yaml.ts";
import type { Node } from "./yaml.ts";

const KINDS = /kind:\s*["']?(Workflow|WorkflowTemplate|ClusterWorkflowTemplate|CronWorkflow)\b/;

/** Reads Argo Workflows: each workflow, and each template that can be started, is a pipeline. */
export function readArgo(files: Files): Pipeline[] {
  const all = clusterObjects(files, "argoproj.io", KINDS).filter(({ kind }) => KINDS.test(`kind: ${kind}`));
  const known = new Map(all.map((object) => [`${object.kind} ${object.name}`, object]));
  const referred = new Set(
    all.flatMap(({ node }) => text(field(field(specOf(node), "workflowTemplateRef"), "name")) ?? []),
  );
  return all.flatMap((object) => {
    const template = object.kind.endsWith("WorkflowTemplate");
    return template && referred.has(object.name) ? [] : ofObject(object, known, files);
  });
}

const specOf = (node: Node): Node | undefined => {
  const spec = field(node, "spec");
  return field(spec, "workflowSpec") ?? spec;
};

function ofObject(
  object: ClusterObject,
  known: ReadonlyMap<string, ClusterObject>,
  files: Files,
): Pipeline[] {
  const { path, name, node } = object;
  const at: Location = entry(field(node, "metadata"), "name")?.at ?? node.at;
  const own = specOf(node);
  const reference = field(own, "workflowTemplateRef");
  const called = text(field(reference, "name"));
  const scope =
    text(field(reference, "clusterScope")) === "true" ? "ClusterWorkflowTemplate" : "WorkflowTemplate";
  const spec = called === undefined ? own : field(known.get(`${scope} ${called}`)?.node, "spec");
  const event = object.kind === "CronWorkflow" ? "schedule" : "start";
  const triggers = [trigger(event, at)];
  const frame = { provider: "argo" as const, path, id: `${path} ${name}`, name, triggers, triggersAt: at };
  if (!spec) return assemble({ ...frame, opaque: [called ?? name] }, [], files);
  const entrypoint = text(field(own, "entrypoint")) ?? text(field(spec, "entrypoint"));
  // A library of templates starts nothing by itself.
  if (entrypoint === undefined) return [];
  const jobs = readWorkflow({ spec, entrypoint, known });
  const inputs = parametersOf(field(spec, "arguments"), "value");
  return jobs.length === 0 ? [] : assemble({ ...frame, inputs }, jobs, files);
}

function parametersOf(node: Node | undefined, key: string): Record<string, string | null> {
  return Object.fromEntries(
    itemsOf(field(node, "parameters")).flatMap((item) => {
      const name = text(field(item, "name"));
      return name === undefined ? [] : [[name.toLowerCase(), text(field(item, key)) ?? null] as const];
    }),
  );
}
