import { isObject, list, object, string, type JsonObject } from "./json.ts";
import { isUnknown } from "./template.ts";
import type { FieldPath, Json, Manifest } from "./types.ts";

/**
 * How a new version reaches users where more than a Deployment decides it: Argo Rollouts (argoproj.io/v1alpha1 Rollout)
 * and Flagger (flagger.app/v1beta1 Canary). Sources: argo-rollouts docs/features/specification.md and
 * utils/defaults/defaults.go; Flagger docs/gitbook/usage/how-it-works.md and pkg/apis/flagger/v1beta1/canary.go.
 */

export function isRollout({ group, kind }: Pick<Manifest, "group" | "kind">): boolean {
  return group === "argoproj.io" && kind === "Rollout";
}

/** Whether it is a Canary of Flagger, which drives the workload that it names. */
export function isFlagger({ group, kind }: Pick<Manifest, "group" | "kind">): boolean {
  return group === "flagger.app" && kind === "Canary";
}

export const BLUE_GREEN: FieldPath = ["spec", "strategy", "blueGreen"];
export const CANARY: FieldPath = ["spec", "strategy", "canary"];
export const STEPS: FieldPath = [...CANARY, "steps"];

/** Which of the two strategies a Rollout has. */
export function strategyKind(rollout: Manifest): "blue-green" | "canary" | undefined {
  if (isObject(rollout.get(...BLUE_GREEN))) return "blue-green";
  return isObject(rollout.get(...CANARY)) ? "canary" : undefined;
}

/** Where a strategy's own fields are. */
export function strategyPath(rollout: Manifest): FieldPath {
  return strategyKind(rollout) === "blue-green" ? BLUE_GREEN : CANARY;
}

/** A step at which a canary stays for a time, for somebody, or for a measurement: whoever sees it fail can still stop it. */
const isStay = (step: JsonObject): boolean =>
  ["pause", "analysis", "experiment", "plugin"].some((kind) => step[kind] !== undefined);

/**
 * The shares of users, in percent, at which a canary stays on its way: `[20, 50]` for setWeight 20, pause, setWeight 50,
 * pause. Empty where all get the new version in one go; undefined where only an expansion would tell.
 */
export function staysOf(rollout: Manifest): readonly number[] | undefined {
  const stays: number[] = [];
  let weight = 0;
  const steps = rollout.get(...STEPS);
  if (isUnknown(steps)) return undefined;
  for (const item of list(steps)) {
    const step = object(item);
    const to = step["setWeight"] ?? object(step["setCanaryScale"])["weight"];
    if (isUnknown(to) || isUnknown(item)) return undefined;
    if (typeof to === "number") weight = to;
    else if (isStay(step) && weight < 100 && !stays.includes(weight)) stays.push(weight);
  }
  return stays;
}

/** Whether some users, or none, get a new version before all do. */
export function isGradual(rollout: Manifest): boolean {
  const kind = strategyKind(rollout);
  if (kind !== "canary") return kind === "blue-green";
  const stays = staysOf(rollout);
  return stays === undefined || stays.length > 0;
}

/** A use of an AnalysisTemplate by a Rollout. */
export interface AnalysisUse {
  /** `before the switch`, `after the switch`, `in the background`, `between its steps`. */
  readonly moment: string;
  readonly kind: "AnalysisTemplate" | "ClusterAnalysisTemplate";
  readonly template: string;
  /** Where the name is written. */
  readonly path: FieldPath;
}

/** The analyses that decide whether a Rollout goes on. */
export function analysesOf(rollout: Manifest): AnalysisUse[] {
  if (strategyKind(rollout) === "blue-green") {
    return [
      ...usesAt(rollout, [...BLUE_GREEN, "prePromotionAnalysis", "templates"], "before the switch"),
      ...usesAt(rollout, [...BLUE_GREEN, "postPromotionAnalysis", "templates"], "after the switch"),
    ];
  }
  const steps = list(rollout.get(...STEPS)).flatMap((_, index) => [
    ...usesAt(rollout, [...STEPS, index, "analysis", "templates"], "between its steps"),
    ...usesAt(rollout, [...STEPS, index, "experiment", "analyses"], "between its steps"),
  ]);
  return [...usesAt(rollout, [...CANARY, "analysis", "templates"], "in the background"), ...steps];
}

function usesAt(rollout: Manifest, path: FieldPath, moment: string): AnalysisUse[] {
  return list(rollout.get(...path)).flatMap((item, index) => {
    const { templateName, clusterScope } = object(item);
    const template = string(templateName);
    if (template === undefined) return [];
    const kind = clusterScope === true ? ("ClusterAnalysisTemplate" as const) : ("AnalysisTemplate" as const);
    return [{ moment, kind, template, path: [...path, index, "templateName"] }];
  });
}

/** The analysis of a Flagger Canary, by its name of today or its old one; undefined where it has none. */
export function flaggerAnalysis(canary: Manifest): { analysis: JsonObject; path: FieldPath } | undefined {
  for (const field of ["analysis", "canaryAnalysis"]) {
    const analysis = canary.get("spec", field);
    if (isObject(analysis)) return { analysis, path: ["spec", field] };
  }
  return undefined;
}

/** What a Flagger Canary, or a Rollout with a `workloadRef`, takes in its care. */
export function targetOf(manager: Manifest): { kind: string; name: string } | undefined {
  const field = isFlagger(manager) ? "targetRef" : "workloadRef";
  const target = object(manager.get("spec", field));
  const name = string(target["name"]);
  return name === undefined ? undefined : { kind: string(target["kind"]) ?? "Deployment", name };
}

/** A whole number, of a text too; undefined where it is none or only an expansion would tell. */
export function wholeNumber(value: Json | undefined): number | undefined {
  if (typeof value === "number") return Number.isInteger(value) ? value : undefined;
  return typeof value === "string" && /^-?\d{1,9}$/.test(value) ? Number(value) : undefined;
}
