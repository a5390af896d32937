import { quantityOf } from "./bytes.ts";
import { list, object } from "./json.ts";
import { shareOf, type Resource, type Share } from "./resources.ts";
import type { FieldPath, Json, Manifest } from "./types.ts";
import { scalarText } from "./words.ts";
import type { Container } from "./workload.ts";

/** Why a LimitRange lets nobody create a container. */
export interface Refusal {
  /** `memory limit`. */
  readonly what: string;
  /** `is more than the 1Gi that … allows`. */
  readonly text: string;
  /** The bound in the LimitRange. */
  readonly path: FieldPath;
  /** The field of the container that breaks it; undefined where the LimitRange's own default does. */
  readonly field?: "requests" | "limits";
}

/** Bounds for one resource of a container, with their defaults (core/v1 SetDefaults_LimitRangeItem). */
interface Bounds {
  readonly max: Json | undefined;
  readonly min: Json | undefined;
  readonly limit: Json | undefined;
  readonly request: Json | undefined;
  readonly path: FieldPath;
}

function boundsIn(range: Manifest, resource: Resource): Bounds[] {
  return list(range.get("spec", "limits")).flatMap((item, index) => {
    const part = object(item);
    if (part["type"] !== "Container") return [];
    const of = (field: string) => object(part[field])[resource];
    const limit = of("default") ?? of("max");
    const request = of("defaultRequest") ?? limit ?? of("min");
    return [{ max: of("max"), min: of("min"), limit, request, path: ["spec", "limits", index] }];
  });
}

/** Whether a LimitRange gives containers a request or a limit of a resource that they do not write. */
export function fillsIn(range: Manifest, field: "request" | "limit", resource: Resource): boolean {
  return boundsIn(range, resource).some((bounds) => (bounds[field] ?? null) !== null);
}

/** What the LimitRanger admission refuses (plugin/pkg/admission/limitranger): its defaults are filled in before. */
export function refusals(container: Container, range: Manifest, resource: Resource): Refusal[] {
  const written = shareOf(container, resource);
  return boundsIn(range, resource).flatMap((bounds) => {
    const by = { bounds, written, resource, name: range.ref };
    return tooMuch(by) ?? tooLittle(by) ?? overDefault(by) ?? [];
  });
}

interface Question {
  readonly bounds: Bounds;
  readonly written: Share;
  readonly resource: Resource;
  readonly name: string;
}

function tooMuch({ bounds, written, resource, name }: Question): Refusal | undefined {
  const most = written.limit ?? quantityOf(bounds.limit);
  if (most === undefined || !(most > (quantityOf(bounds.max) ?? Infinity))) return undefined;
  return {
    what: `${resource} limit`,
    text: `is more than the ${scalarText(bounds.max)} that ${name} allows`,
    path: [...bounds.path, "max", resource],
    ...(written.limit === undefined ? {} : { field: "limits" }),
  };
}

function tooLittle({ bounds, written, resource, name }: Question): Refusal | undefined {
  const asked = written.request ?? quantityOf(bounds.request);
  if (asked === undefined || !(asked < (quantityOf(bounds.min) ?? 0))) return undefined;
  return {
    what: `${resource} request`,
    text: `is less than the ${scalarText(bounds.min)} that ${name} demands`,
    path: [...bounds.path, "min", resource],
    ...(written.request === undefined ? {} : { field: "requests" }),
  };
}

function overDefault({ bounds, written, resource, name }: Question): Refusal | undefined {
  const most = quantityOf(bounds.limit);
  if (written.limit !== undefined || most === undefined || !((written.request ?? 0) > most)) return undefined;
  return {
    what: `${resource} request`,
    text: `is more than the limit of ${scalarText(bounds.limit)} that ${name} gives it`,
    path: [...bounds.path, "default", resource],
    field: "requests",
  };
}
