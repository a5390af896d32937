import { describe, expect, test } from "@jest/globals";
import { floorsOf } from "../../src/engine/availability.ts";
import { allowedDisruptions } from "../../src/engine/budget.ts";
import type { Cluster } from "../../src/engine/types.ts";
import { one, parse, workload } from "./files.ts";

describe("a budget lets go", () => {
  const budget = (spec: string) =>
    one(`apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: { name: b }\nspec: ${spec}\n`);
  test.each([
    ["{ minAvailable: 50% }", 1, 0],
    ["{ minAvailable: 50% }", 2, 1],
    ["{ minAvailable: 50% }", 3, 1],
    ["{ minAvailable: 50% }", 5, 2],
    ["{ minAvailable: 75% }", 1, 0],
    ["{ minAvailable: 75% }", 2, 0],
    ["{ minAvailable: 75% }", 3, 0],
    ["{ minAvailable: 75% }", 4, 1],
    ["{ minAvailable: 80% }", 4, 0],
    ["{ minAvailable: 80% }", 5, 1],
    ["{ minAvailable: 90% }", 9, 0],
    ["{ minAvailable: 90% }", 10, 1],
    ["{ minAvailable: 100% }", 50, 0],
    ["{ minAvailable: 0 }", 3, 3],
    ["{ minAvailable: 5 }", 3, 0],
    ['{ minAvailable: "2" }', 3, 1],
    ["{ maxUnavailable: 25% }", 5, 2],
    ["{ maxUnavailable: 1% }", 1, 1],
    ["{ maxUnavailable: 0% }", 5, 0],
    ["{ maxUnavailable: 0 }", 5, 0],
    ["{ maxUnavailable: 9 }", 5, 5],
    ["{ maxUnavailable: null, minAvailable: 1 }", 5, 4],
  ])("%s of %i pods: %i", (spec, n, allowed) => {
    expect(allowedDisruptions(budget(spec), n)).toBe(allowed);
  });

  test("nobody knows how many without a number", () => {
    expect(allowedDisruptions(budget("{}"), 3)).toBeUndefined();
    expect(allowedDisruptions(budget("{ minAvailable: most }"), 3)).toBeUndefined();
  });
});

describe("the number of pods that are sure to be there", () => {
  const hpa = (spec: string, target = "kind: Deployment, name: web") => `apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: web, namespace: shop }
spec: { scaleTargetRef: { apiVersion: apps/v1, ${target} }, ${spec} }
---
`;
  const keda = (spec: string) => `apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: { name: web }
spec: { scaleTargetRef: { name: web }, ${spec} }
---
`;
  test.each([
    ["what is written", workload("replicas: 4"), 4],
    ["one where nothing is written", workload("minReadySeconds: 1"), 1],
    ["null reads as not written", workload("replicas: null"), 1],
    [
      "the autoscaler's minimum, whatever is written",
      workload("replicas: 9") + hpa("minReplicas: 2, maxReplicas: 9"),
      2,
    ],
    ["one, an autoscaler's default", workload("replicas: 9") + hpa("maxReplicas: 9"), 1],
    ["none, KEDA's default", workload("replicas: 9") + keda("maxReplicaCount: 9"), 0],
    [
      "KEDA's minimum, of a Deployment where no kind is said",
      workload("replicas: 9") + keda("minReplicaCount: 3"),
      3,
    ],
    [
      "the least of two autoscalers",
      workload("replicas: 9") + hpa("minReplicas: 5, maxReplicas: 9") + keda("minReplicaCount: 3"),
      3,
    ],
    [
      "another kind's autoscaler says nothing",
      workload("replicas: 9") + hpa("minReplicas: 2", "kind: StatefulSet, name: web"),
      9,
    ],
    [
      "another name's says nothing",
      workload("replicas: 9") + hpa("minReplicas: 2", "kind: Deployment, name: api"),
      9,
    ],
    [
      "another namespace's says nothing",
      workload("replicas: 9") + hpa("minReplicas: 2").replace("shop", "test"),
      9,
    ],
  ])("%s", (_, text, expected) => {
    const { web, world } = parse(text);
    expect(world.replicasOf(web)).toBe(expected);
  });
});

describe("floors", () => {
  const budget = (name: string, spec: string) => `apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: ${name}, namespace: shop }
spec: { selector: { matchLabels: { app: web } }, ${spec} }
---
`;
  const floors = (text: string, cluster: Cluster = {}) => {
    const { web, world } = parse(text, cluster);
    return floorsOf(web, world);
  };

  test("without a rule, all pods may share what goes", () => {
    expect(floors(workload("replicas: 3"))).toEqual({
      replicas: 3,
      events: { rollout: 3, "node-drain": 0, "node-loss": 0, "zone-loss": 0 },
      stuck: {},
    });
  });

  test("a budget holds back a drain, and nothing else", () => {
    expect(floors(workload("replicas: 3") + budget("web", "maxUnavailable: 1"))).toMatchObject({
      events: { "node-drain": 2, "node-loss": 0 },
      stuck: {},
    });
  });

  test("a budget that allows nothing stops drains", () => {
    const result = floors(workload("replicas: 3") + budget("web", "minAvailable: 3"));
    expect(result?.events["node-drain"]).toBe(3);
    expect(result?.stuck["node-drain"]).toContain("web");
  });

  test("two budgets over the same pods stop drains", () => {
    const text =
      workload("replicas: 3") + budget("web", "maxUnavailable: 1") + budget("all", "maxUnavailable: 1");
    expect(floors(text)?.stuck["node-drain"]).toMatch(/web and all/);
  });

  test("a hard spread keeps pods when a zone goes", () => {
    const pod =
      "topologySpreadConstraints: [{ maxSkew: 1, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: DoNotSchedule, labelSelector: { matchLabels: { app: web } } }]";
    expect(floors(workload("replicas: 5", { pod }), { zones: 3 })?.events["zone-loss"]).toBe(3);
    expect(floors(workload("replicas: 5", { pod }), { zones: 1 })?.events["zone-loss"]).toBe(0);
  });

  test("workloads without a number have none", () => {
    expect(floors(workload("minReadySeconds: 1", { kind: "DaemonSet" }))).toBeUndefined();
  });

  test("zero pods stay zero", () => {
    expect(floors(workload("replicas: 0") + budget("web", "minAvailable: 1"))).toEqual({
      replicas: 0,
      events: { rollout: 0, "node-drain": 0, "node-loss": 0, "zone-loss": 0 },
      stuck: {},
    });
  });
});
