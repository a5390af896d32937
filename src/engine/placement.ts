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
    ...{ label: currentName(label), operator: "In", values: [value] },
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

/** Labels that every kubelet writes under an old and a new name (kubernetes.io, Well-Known Labels). */
const RENAMED: Readonly<Record<string, string>> = {
  "beta.kubernetes.io/arch": "kubernetes.io/arch",
  "beta.kubernetes.io/os": "kubernetes.io/os",
  "beta.kubernetes.io/instance-type": "node.kubernetes.io/instance-type",
  "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
  "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
};

const currentName = (label: string) => RENAMED[label] ?? label;

function expressions(value: Json | undefined, path: FieldPath): Demand[] {
  return list(value).map((item, index) => {
    const { key, operator, values } = object(item);
    return {
      ...{
        label: currentName(string(key) ?? ""),
        operator: string(operator) ?? "",
        values: list(values).map(String),
      },
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

function tolerationsOf(workload: Workload): Toleration[] {
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

/** Taints that stop pods, or keep new ones away; the third effect, PreferNoSchedule, does neither. */
const STOPPING = ["NoSchedule", "NoExecute"];

/** Tolerations of one workload that nothing takes the place of: neither others of its own, nor what Kubernetes adds. */
export function lostTolerations(was: Workload, is: Workload): Toleration[] {
  const now = tolerationsOf(is);
  return tolerationsOf(was).filter((old) => {
    if (old.effect === "PreferNoSchedule" || old.limited || isGiven(old, is, now)) return false;
    const effects = old.effect === "" ? STOPPING : [old.effect];
    return !effects.every((effect) => now.some((one) => bears(one, { ...old, effect })));
  });
}

/** What the DaemonSet controller tolerates for its pods (kubernetes.io, DaemonSet, Taints and tolerations). */
const OF_DAEMONS =
  /^node\.kubernetes\.io\/(not-ready|unreachable|(disk|memory|pid)-pressure|unschedulable|network-unavailable)$/;
const CONTROL_PLANE = "node-role.kubernetes.io/control-plane";

/** kubeadm has tainted control planes under their new name alone since Kubernetes 1.25. */
function isGiven({ key }: Toleration, { kind }: Workload, now: readonly Toleration[]): boolean {
  if (key === "node-role.kubernetes.io/master") return now.some((one) => one.key === CONTROL_PLANE);
  return kind === "DaemonSet" && OF_DAEMONS.test(key);
}

/** Whether one toleration bears all that another does. */
function bears(wide: Toleration, narrow: Toleration): boolean {
  return (
    (wide.key === "" || wide.key === narrow.key) &&
    (wide.value === undefined || wide.value === narrow.value) &&
    (wide.effect === "" || wide.effect === narrow.effect)
  );
}
