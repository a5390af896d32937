import { isObject, list, object, string, strings } from "./json.ts";
import type { Json, Manifest } from "./types.ts";

export type Labels = Readonly<Record<string, string>>;

/** A Service's selector: every pair must match. None, or an empty one, selects nothing: its endpoints are kept by others. */
export function matchesMap(selector: Json | undefined, labels: Labels): boolean {
  const pairs = Object.entries(strings(selector));
  return pairs.length > 0 && pairs.every(([key, value]) => labels[key] === value);
}

/** A LabelSelector: absent matches nothing, `{}` matches everything (meta/v1 LabelSelector; policy/v1 for budgets). */
export function matchesSelector(selector: Json | undefined, labels: Labels): boolean {
  if (!isObject(selector)) return false;
  const pairs = Object.entries(strings(selector["matchLabels"]));
  return (
    pairs.every(([key, value]) => labels[key] === value) &&
    list(selector["matchExpressions"]).every((expression) => matchesExpression(expression, labels))
  );
}

/** `NotIn` and `DoesNotExist` also match where the key is absent (apimachinery labels/selector.go, Requirement.Matches). */
function matchesExpression(expression: Json, labels: Labels): boolean {
  const { key, operator, values } = object(expression);
  const name = string(key) ?? "";
  const value = Object.hasOwn(labels, name) ? labels[name] : undefined;
  const wanted = list(values).map(String);
  switch (operator) {
    case "In":
      return value !== undefined && wanted.includes(value);
    case "NotIn":
      return value === undefined || !wanted.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    default:
      return false;
  }
}

/**
 * Whether two objects can be in one namespace. An unwritten namespace is decided outside the file (`kubectl -n`,
 * a kustomization, Argo CD), so it can be any.
 */
export function sameNamespace(a: Pick<Manifest, "namespace">, b: Pick<Manifest, "namespace">): boolean {
  return a.namespace === b.namespace || a.namespace === "" || b.namespace === "";
}
