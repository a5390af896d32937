import { isObject, text } from "./json.ts";
import { coveredBy, type Covered } from "./protection-targets.ts";
import { SOURCES, type Source } from "./protection-table.ts";
import { routesTo } from "./routes.ts";
import { sameNamespace } from "./selectors.ts";
import { decode } from "./template.ts";
import type { FieldPath, Json, Manifest, Means } from "./types.ts";
import type { World } from "./world.ts";

/** One setting that stands between a failed dependency and the user, for one Service or outside host. */
export interface Protection extends Covered {
  readonly means: Means;
  /** Switched on; else it is written that a default is off. */
  readonly on: boolean;
  readonly holder: Manifest;
  readonly path: FieldPath;
  /** The setting as its author knows it: `retries.attempts`, or an annotation's whole name. */
  readonly name: string;
  /** Its value on one line; empty for a block of settings. */
  readonly value: string;
  /** What is left where the setting is not written; undefined where that is nothing. */
  readonly rest: string | undefined;
}

const known = new WeakMap<World, ReadonlyMap<string, readonly Protection[]>>();

/** More than anybody writes: policies times routes can be many, and half of them would tell of losses that are none. */
const MOST = 50_000;

/** Everything in a unit that softens the failure of a Service, by the Service's name. */
export function protectionsOf(world: World): ReadonlyMap<string, readonly Protection[]> {
  const found = known.get(world) ?? Map.groupBy(readAll(world), ({ service }) => service);
  known.set(world, found);
  return found;
}

function readAll(world: World): Protection[] {
  const all: Protection[] = [];
  for (const manifest of world.manifests) {
    all.push(...ofManifest(manifest, world));
    if (all.length > MOST) return [];
  }
  return all;
}

function ofManifest(manifest: Manifest, world: World): Protection[] {
  const id = `${manifest.group}/${manifest.kind}`;
  return SOURCES.flatMap((source) => (source.kinds.includes(id) ? ofSource(manifest, source, world) : []));
}

function ofSource(holder: Manifest, { scopes, rules }: Source, world: World): Protection[] {
  return scopes(holder).flatMap((scope) => {
    const settings = rules.flatMap((rule) => {
      const path = [...scope, ...rule.field];
      const value = holder.get(...path) ?? null;
      const on = value === null ? undefined : rule.on ? rule.on(value) : true;
      if (on === undefined) return [];
      const { means, rest, label } = rule;
      return [
        { means, on, holder, path, rest, name: label ?? rule.field.join("."), value: oneLine(value, label) },
      ];
    });
    if (settings.length === 0) return [];
    const covered = coveredBy(holder, scope, world);
    return settings.flatMap((setting) => covered.map((one) => ({ ...setting, ...one })));
  });
}

/** A snippet has a label of its own, and is too long to repeat. */
function oneLine(value: Json, label: string | undefined): string {
  if (label !== undefined || isObject(value) || Array.isArray(value)) return "";
  return decode(text(value)).replace(/\s+/g, " ").trim().slice(0, 60);
}

/** Whether something of the same means is switched on for the same Service. */
export function isCovered({ means, service, namespace }: Protection, world: World): boolean {
  const others = protectionsOf(world).get(service) ?? [];
  return others.some((one) => one.on && one.means === means && sameNamespace(one, { namespace }));
}

/** What is switched on or off for one Service. */
export function protecting(
  { service, namespace }: Pick<Protection, "service" | "namespace">,
  world: World,
): readonly Protection[] {
  return (protectionsOf(world).get(service) ?? []).filter((one) => sameNamespace(one, { namespace }));
}

/** What a request has on its way to a Service by one route: not what other routes have for theirs. */
export function protectingRoute(route: Manifest, service: Manifest, world: World): readonly Protection[] {
  const others = new Set(routesTo(service, world).filter((other) => other !== route));
  const place = { service: service.name, namespace: service.namespace };
  return protecting(place, world).filter(
    ({ on, holder, link }) => on && !others.has(link?.manifest ?? holder),
  );
}
