import { describe, expect, test } from "@jest/globals";
import { floorsOf } from "../../src/engine/availability.ts";
import type { Floors } from "../../src/engine/types.ts";
import { parse, workload } from "./files.ts";
import { blueGreen, deployment, type Outcome } from "./model/deployment.ts";
import { drain } from "./model/drain.ts";
import { freshPlacements, type Rules } from "./model/scheduler.ts";
import { statefulSet } from "./model/statefulset.ts";

/**
 * The formulas of src/engine against everything that can happen in a small cluster: each placement that the scheduler
 * may choose, each order of steps that the controllers may take, each pod that they may delete.
 */

const TERM = "labelSelector: { matchLabels: { app: web } }, topologyKey: kubernetes.io/hostname";

/** The rules as a pod template writes them. */
function written({ alone, maxSkew, minDomains, perGeneration, honorsTaints }: Rules): string {
  const keys = perGeneration ? ", matchLabelKeys: [pod-template-hash]" : "";
  if (alone)
    return `affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ ${TERM}${keys} }] } }`;
  if (maxSkew === undefined) return "";
  const least = minDomains === undefined ? "" : `, minDomains: ${minDomains}`;
  const taints = honorsTaints ? ", nodeTaintsPolicy: Honor" : "";
  return `topologySpreadConstraints: [{ maxSkew: ${maxSkew}, whenUnsatisfiable: DoNotSchedule, ${TERM}${keys}${least}${taints} }]`;
}

function floors(spec: string, rules: Rules, { kind = "Deployment", more = "" } = {}): Floors {
  const { web, world } = parse(workload(spec, { kind, pod: written(rules) }) + more, { nodes: rules.nodes });
  const result = floorsOf(web, world);
  if (!result || "lacking" in result) throw new Error("expected floors in pods");
  return result;
}

function summary({ events, stuck }: Floors): Outcome {
  return {
    ready: events.rollout,
    elsewhere: events["rollout-node-loss"],
    isStuck: stuck.rollout !== undefined,
  };
}

/**
 * The same numbers. Where more pods are wanted than find a place and old and new ones count apart, the formula promises
 * no more than what can happen, and may promise less.
 */
function agree(
  spec: string,
  computed: Floors,
  expected: Outcome,
  { replicas, rules }: { replicas: number; rules: Rules },
): void {
  const { ready, elsewhere, isStuck } = summary(computed);
  if (rules.perGeneration && computed.replicas < replicas) {
    const promisesMore = ready > expected.ready || elsewhere > expected.elsewhere;
    expect([spec, promisesMore]).toEqual([spec, false]);
  } else {
    expect([spec, { ready, elsewhere, isStuck }]).toEqual([spec, expected]);
  }
}

function upTo(most: number): number[] {
  return Array.from({ length: most }, (_, index) => index + 1);
}

const generations = [{}, { perGeneration: true }];
const RULES: readonly Rules[] = upTo(3).flatMap((nodes): Rules[] => [
  { nodes },
  ...generations.flatMap((keys): Rules[] => [
    { nodes, alone: true, ...keys },
    ...[1, 2, 3].map((maxSkew) => ({ nodes, maxSkew, ...keys })),
    { nodes, maxSkew: 1, minDomains: 3, ...keys },
    { nodes, maxSkew: 2, minDomains: 2, ...keys },
  ]),
]);

describe.each(RULES.map((rules) => [JSON.stringify(rules), rules] as const))("under %s", (_, rules) => {
  test("a Deployment rolls out as the formula says", () => {
    for (const replicas of upTo(4)) {
      for (const [surge, unavailable] of pairs(replicas)) {
        const spec = `replicas: ${replicas}\n  strategy: { rollingUpdate: { maxSurge: ${surge}, maxUnavailable: ${unavailable} } }`;
        const expected = deployment({ replicas, surge, unavailable }, rules);
        agree(spec, floors(spec, rules), expected, { replicas, rules });
      }
    }
  });

  test.each(["OrderedReady", "Parallel"])("a StatefulSet rolls out as the formula says: %s", (policy) => {
    for (const replicas of upTo(4)) {
      for (const [partition, unavailable] of pairs(replicas)) {
        if (unavailable === 0) continue;
        const spec = `replicas: ${replicas}\n  podManagementPolicy: ${policy}\n  updateStrategy: { rollingUpdate: { partition: ${partition}, maxUnavailable: ${unavailable} } }`;
        const ordered = policy === "OrderedReady";
        const expected = statefulSet({ replicas, partition, unavailable, ordered }, rules);
        agree(spec, floors(spec, rules, { kind: "StatefulSet" }), expected, { replicas, rules });
      }
    }
  });

  test("a blue-green Rollout switches as the formula says", () => {
    for (const replicas of upTo(4)) {
      const spec = `replicas: ${replicas}\n  strategy: { blueGreen: { activeService: web } }`;
      const expected = blueGreen(replicas, rules);
      expect([spec, summary(floors(spec, rules, { kind: "Rollout" }))]).toEqual([spec, expected]);
    }
  });

  test("a drain under a budget goes as the formula says", () => {
    for (const replicas of upTo(6)) {
      for (const allowed of [undefined, 0, 1, 2, 3]) {
        const budget =
          allowed === undefined
            ? ""
            : `apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: { name: web, namespace: shop }\nspec: { maxUnavailable: ${allowed}, selector: { matchLabels: { app: web } } }\n`;
        const { events, stuck } = floors(`replicas: ${replicas}`, rules, { more: budget });
        const desired = allowed === undefined ? undefined : Math.max(0, replicas - allowed);
        const expected = drain({ replicas, desired }, rules);
        const computed = { ready: events["node-drain"], isStuck: stuck["node-drain"] !== undefined };
        expect([replicas, allowed, computed]).toEqual([replicas, allowed, expected]);
      }
    }
  });

  test("the loss of a node leaves what the formula says", () => {
    for (const replicas of upTo(8)) {
      const left = freshPlacements(replicas, rules).flatMap((placed) =>
        placed.map((count) => placed.reduce((sum, one) => sum + one, 0) - count),
      );
      expect([replicas, floors(`replicas: ${replicas}`, rules).events["node-loss"]]).toEqual([
        replicas,
        Math.min(...left),
      ]);
    }
  });
});

/** All that maxSurge and maxUnavailable can be; both zero is refused. */
function pairs(replicas: number): (readonly [number, number])[] {
  const amounts = [0, ...upTo(replicas)];
  return amounts.flatMap((a) => amounts.map((b) => [a, b] as const)).filter(([a, b]) => a + b > 0);
}
