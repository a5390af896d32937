import { list, object, string, strings } from "./json.ts";
import { isUnknown } from "./template.ts";
import type { FieldPath, Json } from "./types.ts";
import { podField, type Workload } from "./workload.ts";

/** One thing that a node must have for a pod to be put there. */
export interface Demand {
  readonly label: string;
  readonly operator: string;
  readonly values: readonly string[];
  readonly path: FieldPath;
}

const AFFINITY = [
  "affinity",
  "nodeAffinity",
  "requiredDuringSchedulingIgnoredDuringExecution",
  "nodeSelectorTerms",
];

/**
 * Alternatives of which a node must meet one, with all that stands in it: the terms of the required node affinity, each
 * together with the node selector (core/v1 NodeSelector: terms are ORed, what stands in one is ANDed).
 */
export function nodesFor(workload: Workload): Demand[][] {
  const spec = [...workload.template, "spec"];
  const selector = Object.entries(strings(podField(workload, "nodeSelector"))).map(([label, value]) => ({
    ...{ label, operator: "In", values: [value] },
    path: [...spec, "nodeSelector", label],
  }));
  const terms = list(podField(workload, ...AFFINITY)).map((term, index) => {
    const path = [...spec, ...AFFINITY, index];
    return [
      ...expressions(object(term)["matchExpressions"], [...path, "matchExpressions"]),
      ...expressions(object(term)["matchFields"], [...path, "matchFields"]),
    ];
  });
  return terms.length === 0 ? [selector] : terms.map((term) => [...selector, ...term]);
}

function expressions(value: Json | undefined, path: FieldPath): Demand[] {
  return list(value).map((item, index) => {
    const { key, operator, values } = object(item);
    return {
      ...{ label: string(key) ?? "", operator: string(operator) ?? "", values: list(values).map(String) },
      path: [...path, index],
    };
  });
}

/** Whether whatever meets one demand meets another as well. */
export function implies(strict: Demand, loose: Demand): boolean {
  if (strict.label !== loose.label) return false;
  const within = (some: readonly string[], all: readonly string[]) => some.every((one) => all.includes(one));
  switch (`${strict.operator} ${loose.operator}`) {
    case "In In":
      return within(strict.values, loose.values);
    case "NotIn NotIn":
      return within(loose.values, strict.values);
    case "In NotIn":
      return !strict.values.some((value) => loose.values.includes(value));
    case "In Exists":
    case "Gt Exists":
    case "Lt Exists":
    case "DoesNotExist NotIn":
      return true;
    default:
      return strict.operator === loose.operator && strict.values.join() === loose.values.join();
  }
}

/** Whether something that only an expansion would tell decides about the nodes. */
export function isPlacementUnknown(workload: Workload): boolean {
  const unknown = (value: Json | undefined) => value !== undefined && isUnknown(JSON.stringify(value));
  return (
    unknown(podField(workload, "nodeSelector")) || unknown(podField(workload, "affinity", "nodeAffinity"))
  );
}

/** A taint that pods bear (core/v1 Toleration). */
export interface Toleration {
  /** Empty for all. */
  readonly key: string;
  /** Undefined for all values. */
  readonly value: string | undefined;
  /** Empty for all. */
  readonly effect: string;
  /** Given up after so many seconds. */
  readonly limited: boolean;
  readonly path: FieldPath;
}

export function tolerationsOf(workload: Workload): Toleration[] {
  return list(podField(workload, "tolerations")).map((item, index) => {
    const { key, operator, value, effect, tolerationSeconds } = object(item);
    return {
      key: string(key) ?? "",
      value: operator === "Exists" ? undefined : (string(value) ?? ""),
      effect: string(effect) ?? "",
      limited: tolerationSeconds !== undefined,
      path: [...workload.template, "spec", "tolerations", index],
    };
  });
}

/** Whether one toleration bears all that another does. */
export function bears(wide: Toleration, narrow: Toleration): boolean {
  return (
    (wide.key === "" || wide.key === narrow.key) &&
    (wide.value === undefined || wide.value === narrow.value) &&
    (wide.effect === "" || wide.effect === narrow.effect)
  );
}
