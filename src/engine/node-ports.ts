import { list, object } from "./json.ts";
import type { FieldPath } from "./types.ts";
import { scalarText } from "./words.ts";
import { podField, type Workload } from "./workload.ts";

/**
 * The first port of its node that a pod takes: the scheduler puts no second pod there that wants it. With the node's
 * network all of its ports are such (core/v1 defaults.go, setDefaultHostNetworkPorts). Undefined where it takes none.
 */
export function nodePortOf(
  workload: Workload,
): { readonly path: FieldPath; readonly port: string } | undefined {
  const network = podField(workload, "hostNetwork") === true;
  for (const { spec, path } of workload.containers) {
    for (const [index, item] of list(spec["ports"]).entries()) {
      const { hostPort } = object(item);
      const field = typeof hostPort === "number" ? "hostPort" : "containerPort";
      if (network || field === "hostPort")
        return { path: [...path, "ports", index, field], port: scalarText(object(item)[field]) };
    }
  }
  return undefined;
}
