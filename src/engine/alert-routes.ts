import { isObject, list, object, string, strings, type JsonObject } from "./json.ts";
import { ROUTING_FILE } from "./prometheus-files.ts";
import { isUnknown } from "./template.ts";
import type { FieldPath, Json, Location, Manifest } from "./types.ts";
import type { World } from "./world.ts";
import { readYaml } from "./yaml.ts";

/** One route of an Alertmanager: alerts that match all its conditions, and those above it, go to its receiver. */
export interface AlertRoute {
  /** Conditions from the top down, sorted within a level; empty for the route of everything. */
  readonly conditions: readonly string[];
  readonly receiver: string;
  /** Whether that receiver tells anybody. */
  readonly tells: boolean;
  readonly path: FieldPath;
}

/** The routing of one Alertmanager, wherever it is written. */
export interface AlertRouting {
  /** What holds it. */
  readonly ref: string;
  readonly manifest: Pick<Manifest, "ref" | "kind" | "namespace" | "name" | "labels">;
  /** Tells apart several in one object. */
  readonly key: string;
  readonly routes: readonly AlertRoute[];
  readonly locate: (path: FieldPath) => Location;
}

/** Every routing of a unit: AlertmanagerConfigs, configurations in Secrets, ConfigMaps and files, and in values of charts. */
export function routingsOf(world: World): AlertRouting[] {
  const own = world
    .ofKind("AlertmanagerConfig", "VMAlertmanagerConfig")
    .flatMap((manifest) =>
      routing(manifest, "", object(manifest.get("spec")), (path) => manifest.locate("spec", ...path)),
    );
  const texts = world
    .ofKind("Secret", "ConfigMap")
    .flatMap((manifest) =>
      ["stringData", "data"].flatMap((field) =>
        Object.entries(object(manifest.get(field))).flatMap(([key, value]) =>
          inText(manifest, [field, key], value),
        ),
      ),
    );
  const values = world.values.flatMap((set) =>
    configsIn(set.values, []).flatMap(({ config, path }) =>
      routing(set, path.join("."), config, (inner) => set.locate([...path, ...inner])),
    ),
  );
  const files = world
    .ofKind(ROUTING_FILE)
    .flatMap((file) => routing(file, "", object(file.object), (path) => file.locate(...path)));
  return [...own, ...texts, ...values, ...files];
}

function inText(manifest: Manifest, path: FieldPath, value: Json | undefined): AlertRouting[] {
  if (typeof value !== "string" || !/^route:/m.test(value) || !/^receivers:/m.test(value)) return [];
  const [document] = readYaml(value).documents;
  if (!document || !isObject(document.value)) return [];
  return routing(manifest, path.join("."), document.value, () => manifest.locate(...path));
}

/** Maps with a route and receivers, at any depth of values. */
function configsIn(value: Json | undefined, path: FieldPath): { config: JsonObject; path: FieldPath }[] {
  if (!isObject(value) || path.length > 6) return [];
  if (isObject(value["route"]) && Array.isArray(value["receivers"])) return [{ config: value, path }];
  return Object.entries(value).flatMap(([key, item]) => configsIn(item, [...path, key]));
}

function routing(
  manifest: AlertRouting["manifest"],
  key: string,
  config: JsonObject,
  locate: AlertRouting["locate"],
): AlertRouting[] {
  if (!isObject(config["route"])) return [];
  const telling = new Set(
    list(config["receivers"])
      .map(object)
      .flatMap((receiver) => (tells(receiver) ? [string(receiver["name"]) ?? ""] : [])),
  );
  const routes = flatten(config["route"], { conditions: [], receiver: "", path: ["route"] }).map((route) => ({
    ...route,
    tells: telling.has(route.receiver) || isUnknown(route.receiver),
  }));
  return [{ ref: manifest.ref, manifest, key, routes, locate }];
}

/** A receiver without any integration takes alerts and tells nobody (prometheus/alertmanager config.Receiver). */
function tells(receiver: JsonObject): boolean {
  return Object.entries(receiver).some(
    ([key, value]) =>
      /configs$/i.test(key) && ((Array.isArray(value) && value.length > 0) || isUnknown(value)),
  );
}

type Bare = Omit<AlertRoute, "tells">;

/** A route without a receiver has that of the one above it. */
function flatten(route: JsonObject, above: Bare): Bare[] {
  const own = conditionsOf(route);
  const here: Bare = {
    conditions: [...above.conditions, ...own],
    receiver: string(route["receiver"]) ?? above.receiver,
    path: above.path,
  };
  if (above.path.length > 40) return [here];
  const inner = list(route["routes"]).flatMap((item, index) =>
    flatten(object(item), { ...here, path: [...above.path, "routes", index] }),
  );
  return [here, ...inner];
}

/** `severity=critical`, in whichever of the three ways it is written. */
function conditionsOf(route: JsonObject): string[] {
  const pairs = (field: string, sign: string) =>
    Object.entries(strings(route[field])).map(([label, value]) => `${label}${sign}${value}`);
  const matchers = list(route["matchers"]).map((one) => {
    if (typeof one === "string")
      return one
        .replace(/\s*(=~|!~|!=|=)\s*/, "$1")
        .replace(/["']/g, "")
        .trim();
    const { name, value, matchType, regex } = object(one);
    return `${string(name) ?? ""}${string(matchType) ?? (regex === true ? "=~" : "=")}${string(value) ?? ""}`;
  });
  return [...pairs("match", "="), ...pairs("match_re", "=~"), ...matchers].sort();
}
