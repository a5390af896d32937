import { isObject, list, object, type JsonObject } from "../engine/json.ts";
import { skeleton } from "../engine/template.ts";
import type { RepeatedValue, Side, Subject, Tree, Unit, ValuesSet } from "../engine/types.ts";
import { layered, type ValuesLayer } from "../engine/values.ts";
import { lineAt } from "../engine/yaml.ts";
import { environmentOf } from "./environment.ts";
import { branches, environmentsIn } from "./helmfile-text.ts";
import { firstLine, locationOf, sourceDocuments } from "./origin.ts";

/** Values files by name, wherever they are. */
export const NAMED_VALUES = /(^|[/._-])values([._-][^/]+)?\.ya?ml(\.gotmpl)?$/i;
const YAML = /\.ya?ml(\.gotmpl)?$/i;
/** What is YAML and never values: charts' own files, pipelines, kustomizations, schemas. */
const OTHER =
  /(^|\/)(Chart|requirements|helmfile|kustomization|docker-compose|mkdocs|skaffold|Taskfile)[^/]*$|(^|\/)(templates|crds|\.github|\.circleci)\/|schema|example|secret/i;

/** Whether its name says that a file of YAML is something else than values. */
export const isOtherYaml = (path: string) => OTHER.test(path);

/** A file of values as a layer; undefined where it holds no map. Actions of a template language are unknown values. */
export function fileLayer(path: string, text: string, side: Side): ValuesLayer | undefined {
  const yaml = text.includes("{{") && path.endsWith(".gotmpl") ? skeleton(text) : text;
  const [document] = sourceDocuments(path, yaml);
  if (!document) return undefined;
  return {
    values: document.value,
    locate: (field) => (field.length === 0 ? firstLine(path, side) : locationOf(document, field, side)),
  };
}

/** A set of values named after its file. */
export function fileSet(path: string, layers: readonly ValuesLayer[]): ValuesSet | undefined {
  const all = layered(layers);
  return all && { ...fileSubject(path), ...all };
}

function fileSubject(path: string): Subject {
  const name = path.slice(path.lastIndexOf("/") + 1).replace(/\.ya?ml(\.gotmpl)?$/, "");
  return { ref: path, kind: "Values", namespace: "", name, labels: {} };
}

/** Keys that a file of values has more than once; a template may write one in each of its branches. */
export function repeatedIn(path: string, text: string, side: Side): RepeatedValue[] {
  if (text.includes("{{")) return [];
  const [document] = sourceDocuments(path, text);
  return (document?.document.repeats?.() ?? []).map((repeat) => ({
    ...fileSubject(path),
    path: repeat.path,
    at: document ? locationOf(document, repeat.path, side) : firstLine(path, side),
    first: lineAt(text, repeat.first),
    same: repeat.same,
  }));
}

/** Units of changed files of values that belong to no chart of the tree, both sides alike. */
export function looseValues(
  trees: Record<Side, Tree>,
  changed: ReadonlySet<string>,
  isTaken: (path: string) => boolean,
): Record<Side, Unit[]> {
  const paths = [...changed].filter(
    (path) => YAML.test(path) && !OTHER.test(path) && !isTaken(path) && isValues(path, trees),
  );
  const unitsOf = (side: Side) =>
    paths.sort().flatMap((path) => {
      const text = trees[side].files.get(path)?.text;
      const names = environmentsIn([trees.base, trees.head].map(({ files }) => files.get(path)?.text ?? ""));
      return text === undefined ? [] : names.flatMap((name) => unitOf(path, text, { name, side }) ?? []);
    });
  return { base: unitsOf("base"), head: unitsOf("head") };
}

interface Variant {
  /** Name of the helmfile environment; absent where the file knows none. */
  readonly name: string | undefined;
  readonly side: Side;
}

function unitOf(path: string, text: string, { name, side }: Variant): Unit | undefined {
  const layer = fileLayer(path, name === undefined ? text : branches(text, name), side);
  const set = layer && fileSet(path, [layer]);
  if (!set) return undefined;
  const id = name === undefined ? path : `${path} (${name})`;
  const repeats = repeatedIn(path, text, side);
  const environment = environmentOf(path, name ?? "");
  return { id, environment, manifests: [], values: [set], ...(repeats.length > 0 && { repeats }) };
}

function isValues(path: string, { base, head }: Record<Side, Tree>): boolean {
  const texts = [base, head].map(({ files }) => files.get(path)?.text ?? "");
  // What was not there before, or is no more, says nothing about a change of values.
  if (texts.some((text) => text === "" || /^(apiVersion|openapi|swagger|\$schema):/m.test(text)))
    return false;
  if (NAMED_VALUES.test(path)) return true;
  return texts.some((text) => score(fileLayer(path, text, "head")?.values, 0) >= 2);
}

/** Keys by which values of a chart are known, with what they hold. A map deeper down counts too: an umbrella's values. */
const SHAPES: Readonly<Record<string, (value: JsonObject) => boolean>> = {
  image: (map) => "tag" in map || "repository" in map,
  resources: (map) => "requests" in map || "limits" in map,
  ingress: (map) => "enabled" in map || "hosts" in map || "annotations" in map,
  service: (map) => "type" in map || "port" in map,
  persistence: (map) => "enabled" in map || "size" in map,
  autoscaling: (map) => "enabled" in map || "minReplicas" in map,
  affinity: (map) => "podAntiAffinity" in map || "nodeAffinity" in map || "podAffinity" in map,
  nodeSelector: () => true,
  serviceAccount: (map) => "create" in map || "name" in map || "annotations" in map,
  podAnnotations: () => true,
  podSecurityContext: () => true,
  podDisruptionBudget: () => true,
  pdb: () => true,
  hpa: () => true,
};
const PLAIN = [
  "replicaCount",
  "fullnameOverride",
  "nameOverride",
  "imagePullSecrets",
  "tolerations",
  "existingClaim",
];
/** How deep an umbrella's values hold another chart's. */
const DEEPEST = 3;

function score(values: JsonObject | undefined, depth: number): number {
  if (!values || depth > DEEPEST) return 0;
  const here = Object.entries(values).filter(([key, value]) => {
    if (PLAIN.includes(key)) return true;
    return isObject(value) && (Object.hasOwn(SHAPES, key) ? SHAPES[key]?.(value) : false) === true;
  }).length;
  const below = Object.values(values).map((value) =>
    isObject(value)
      ? score(value, depth + 1)
      : Math.max(
          0,
          ...list(value)
            .slice(0, 20)
            .map((item) => score(object(item), depth + 1)),
        ),
  );
  return Math.max(here, ...below);
}
