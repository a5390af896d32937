import { quantityOf } from "./bytes.ts";
import { at } from "./json.ts";
import { isUnknown } from "./template.ts";
import type { Json } from "./types.ts";
import type { Container, Workload } from "./workload.ts";

export type Resource = "cpu" | "memory";
export const RESOURCES: readonly Resource[] = ["cpu", "memory"];

/** What a container asks for and may use at most, of one resource; NaN where only an expansion would tell. */
export interface Share {
  /** What is written, or the limit where only that is (core/v1 SetDefaults_Pod). */
  readonly request: number | undefined;
  readonly limit: number | undefined;
}

/** What a container asks for and may use of one resource. */
export function shareOf({ spec }: Container, resource: Resource): Share {
  const read = (field: string): number | undefined => {
    const value = at(spec, ["resources", field, resource]);
    return isUnknown(value) || isUnknown(at(spec, ["resources", field])) || isUnknown(at(spec, ["resources"]))
      ? NaN
      : quantityOf(value);
  };
  const limit = read("limits");
  return { request: read("requests") ?? limit, limit };
}

/** As it is written: `500m`, `2Gi`. */
export function writtenShare(
  { spec }: Container,
  field: "requests" | "limits",
  resource: Resource,
): Json | undefined {
  return (
    at(spec, ["resources", field, resource]) ??
    (field === "requests" ? at(spec, ["resources", "limits", resource]) : undefined)
  );
}

/** Which pods a node that runs short of memory kills first: BestEffort, then Burstable, last Guaranteed. */
export type Quality = "BestEffort" | "Burstable" | "Guaranteed";
/** In that order. */
export const QUALITIES: readonly Quality[] = ["BestEffort", "Burstable", "Guaranteed"];

/** The QoS class of a workload's pods (pkg/apis/core/v1/helper/qos); undefined where an expansion would tell. */
export function qualityOf({ containers }: Workload): Quality | undefined {
  const shares = containers.flatMap((container) => RESOURCES.map((resource) => shareOf(container, resource)));
  if (shares.some(({ request, limit }) => Number.isNaN(request) || Number.isNaN(limit))) return undefined;
  if (shares.every(({ request, limit }) => !request && !limit)) return "BestEffort";
  return shares.every(({ request, limit }) => limit !== undefined && limit > 0 && request === limit)
    ? "Guaranteed"
    : "Burstable";
}
