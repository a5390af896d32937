import { list, object, string, text } from "../../engine/json.ts";
import { analysesOf, BLUE_GREEN, CANARY, STEPS, strategyKind } from "../../engine/progressive.ts";
import { isUnknown } from "../../engine/template.ts";
import type { FieldPath, Manifest } from "../../engine/types.ts";

/** Something for which the controller marks a Rollout as InvalidSpec and does nothing more with it. */
export interface Refusal {
  readonly key: string;
  readonly field: FieldPath;
  /** Goes on after the Rollout's name: `has …`. */
  readonly text: string;
  readonly fix: string;
}

/** Source: argo-rollouts pkg/apis/rollouts/validation/validation.go; what holds for the Rollout alone. */
export function refusalsOf(rollout: Manifest): Refusal[] {
  return [...strategyRefusals(rollout), ...serviceRefusals(rollout), ...stepRefusals(rollout)];
}

function strategyRefusals(rollout: Manifest): Refusal[] {
  const strategy = object(rollout.get("spec", "strategy"));
  const both = strategy["blueGreen"] !== undefined && strategy["canary"] !== undefined;
  const text = both ? "has the strategies blueGreen and canary at once" : "has neither blueGreen nor canary";
  if (!both && (strategyKind(rollout) !== undefined || Object.keys(strategy).length === 0)) return [];
  return [{ key: "strategy", field: ["spec", "strategy"], text, fix: "Write one of blueGreen and canary" }];
}

/** Pairs of Services of which each needs its own. */
const PAIRS: readonly (readonly [path: FieldPath, one: string, other: string])[] = [
  [BLUE_GREEN, "activeService", "previewService"],
  [CANARY, "stableService", "canaryService"],
  [[...CANARY, "pingPong"], "pingService", "pongService"],
];

function serviceRefusals(rollout: Manifest): Refusal[] {
  const same = PAIRS.flatMap(([path, one, other]): Refusal[] => {
    const name = string(rollout.get(...path, one));
    if (name === undefined || isUnknown(name) || name !== rollout.get(...path, other)) return [];
    return [
      {
        key: other,
        field: [...path, other],
        text: `names ${name} as ${one} and as ${other}`,
        fix: `Give ${other} a Service of its own`,
      },
    ];
  });
  return [...same, ...unrouted(rollout)];
}

/** Traffic routers that need both Services by name. */
const NEEDING = ["smi", "apisix", "ambassador", "nginx", "appMesh", "traefik"];

function unrouted(rollout: Manifest): Refusal[] {
  const router = Object.keys(object(rollout.get(...CANARY, "trafficRouting"))).find((name) =>
    NEEDING.includes(name),
  );
  const missing = ["stableService", "canaryService"].filter((name) => !rollout.get(...CANARY, name));
  if (router === undefined || missing.length === 0) return [];
  return [
    {
      key: "trafficRouting",
      field: [...CANARY, "trafficRouting"],
      text: `routes traffic with ${router} and has no ${missing.join(" and no ")}`,
      fix: `Name ${missing.join(" and ")}`,
    },
  ];
}

function stepRefusals(rollout: Manifest): Refusal[] {
  const most = rollout.get(...CANARY, "trafficRouting", "maxTrafficWeight") ?? 100;
  return list(rollout.get(...STEPS)).flatMap((item, index): Refusal[] => {
    const { setWeight, pause } = object(item);
    const duration = object(pause)["duration"];
    if (typeof setWeight === "number" && typeof most === "number" && (setWeight < 0 || setWeight > most))
      return [
        {
          key: `weight-${setWeight}`,
          field: [...STEPS, index, "setWeight"],
          text: `has a step with setWeight: ${setWeight}, which is not between 0 and ${most}`,
          fix: "Write a weight in that range",
        },
      ];
    if (duration === undefined || !/^(-.*|0[smh]?)$/.test(text(duration))) return [];
    return [
      {
        key: "pause",
        field: [...STEPS, index, "pause", "duration"],
        text: `has a pause of ${text(duration)}, and a pause must be longer than nothing`,
        fix: "Write a duration, or leave it out to wait for somebody",
      },
    ];
  });
}

/** An object that a Rollout names and without which the controller refuses it (validation_references.go). */
export interface Need {
  readonly kind: string;
  readonly name: string;
  readonly path: FieldPath;
}

export function needsOf(rollout: Manifest): Need[] {
  const named = (kind: string, path: FieldPath): Need[] => {
    const name = string(rollout.get(...path));
    return name === undefined || isUnknown(name) ? [] : [{ kind, name, path }];
  };
  const services = PAIRS.flatMap(([path, one, other]) => [
    ...named("Service", [...path, one]),
    ...named("Service", [...path, other]),
  ]);
  const routing: FieldPath = [...CANARY, "trafficRouting"];
  const analyses = analysesOf(rollout).flatMap(({ kind, path }) => named(kind, path));
  return [
    ...services,
    ...analyses,
    ...named("Ingress", [...routing, "nginx", "stableIngress"]),
    ...named("Ingress", [...routing, "alb", "ingress"]),
    ...named("VirtualService", [...routing, "istio", "virtualService", "name"]),
    ...named("DestinationRule", [...routing, "istio", "destinationRule", "name"]),
  ];
}
