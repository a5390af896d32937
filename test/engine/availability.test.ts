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
    const result = floorsOf(web, world);
    if (!result || "lacking" in result) throw new Error("expected floors in pods");
    return result;
  };

  test("without a rule, all pods may share what goes", () => {
    expect(floors(workload("replicas: 3"))).toEqual({
      replicas: 3,
      events: { rollout: 3, "node-drain": 0, "node-loss": 0, "zone-loss": 0, "rollout-node-loss": 0 },
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
    expect(result.events["node-drain"]).toBe(3);
    expect(result.stuck["node-drain"]).toContain("web");
  });

  test("two budgets over the same pods stop drains", () => {
    const text =
      workload("replicas: 3") + budget("web", "maxUnavailable: 1") + budget("all", "maxUnavailable: 1");
    expect(floors(text).stuck["node-drain"]).toMatch(/web and all/);
  });

  test("a hard spread keeps pods when a zone goes", () => {
    const pod =
      "topologySpreadConstraints: [{ maxSkew: 1, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: DoNotSchedule, labelSelector: { matchLabels: { app: web } } }]";
    expect(floors(workload("replicas: 5", { pod }), { zones: 3 }).events["zone-loss"]).toBe(3);
    expect(floors(workload("replicas: 5", { pod }), { zones: 1 }).events["zone-loss"]).toBe(0);
  });

  test("zero pods stay zero", () => {
    expect(floors(workload("replicas: 0") + budget("web", "minAvailable: 1"))).toEqual({
      replicas: 0,
      events: { rollout: 0, "node-drain": 0, "node-loss": 0, "zone-loss": 0, "rollout-node-loss": 0 },
      stuck: {},
    });
  });

  test("a budget over two workloads counts the pods of both, and may let all of one go", () => {
    const other = workload("replicas: 3").replace("name: web,", "name: api,");
    const text = (spec: string) => workload("replicas: 3") + other + budget("web", spec);
    expect(floors(text("maxUnavailable: 50%")).events["node-drain"]).toBe(0);
    expect(floors(text("minAvailable: 5")).events["node-drain"]).toBe(2);
    expect(floors(text("minAvailable: 100%")).stuck["node-drain"]).toBe(
      "web says minAvailable: 100% of 6 pods is 6, so of 6 pods (those of 1 other workload included) none may be evicted",
    );
  });

  test("the reason shows how the percentage rounds, and when it holds", () => {
    const scaler =
      "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: { name: web }\nspec: { scaleTargetRef: { kind: Deployment, name: web }, minReplicas: 3, maxReplicas: 9 }\n---\n";
    expect(
      floors(workload("minReadySeconds: 1") + scaler + budget("web", "minAvailable: 75%")).stuck,
    ).toEqual({
      "node-drain":
        "web says minAvailable: 75% of 3 pods rounds up to 3, so of 3 pods none may be evicted while the autoscaler is at its minimum",
    });
  });

  const spread = (more: string, key = "kubernetes.io/hostname") =>
    `topologySpreadConstraints: [{ maxSkew: 1, topologyKey: ${key}, whenUnsatisfiable: DoNotSchedule, labelSelector: { matchLabels: { app: web } }${more} }]`;

  test("a cordoned node counts as an empty one, so a drain may find no place for what it evicts", () => {
    const text = (more: string) =>
      workload("replicas: 9", { pod: spread(more) }) + budget("web", "maxUnavailable: 1");
    expect(floors(text(""), { nodes: 3 }).stuck["node-drain"]).toMatch(/nodeTaintsPolicy: Honor/);
    expect(floors(text(", nodeTaintsPolicy: Honor"), { nodes: 3 }).stuck).toEqual({});
    expect(floors(text("")).stuck).toEqual({});
  });

  test("what a zone can hold is also the most of a node", () => {
    const pod = spread("", "topology.kubernetes.io/zone");
    expect(floors(workload("replicas: 6", { pod }), { zones: 3 }).events).toMatchObject({
      "node-loss": 4,
      "zone-loss": 4,
    });
  });

  test.each([
    ["nodeSelector: { topology.kubernetes.io/zone: a }", 0],
    [
      "affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [{ key: topology.kubernetes.io/zone, operator: In, values: [a, b] }] }] } } }",
      3,
    ],
    ["nodeSelector: { kubernetes.io/os: linux }", 4],
    [
      "affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: topology.kubernetes.io/zone, labelSelector: { matchLabels: { app: web } } }] } }",
      0,
    ],
  ])("zones that %s leaves count", (bound, left) => {
    const pod = `${spread("", "topology.kubernetes.io/zone")}\n      ${bound}`;
    expect(floors(workload("replicas: 6", { pod }), { zones: 3 }).events["zone-loss"]).toBe(left);
  });

  test("a rollout that a quota refuses never ends, and says what it needs", () => {
    const quota = (pods: number) =>
      `apiVersion: v1\nkind: ResourceQuota\nmetadata: { name: all, namespace: shop }\nspec: { hard: { pods: "${pods}" } }\n`;
    const text = (pods: number) =>
      workload("replicas: 3\n  strategy: { rollingUpdate: { maxSurge: 2, maxUnavailable: 0 } }") +
      quota(pods);
    expect(floors(text(3)).stuck.rollout).toBe(
      "ResourceQuota/shop/all allows 3 pods, and a rollout needs 5: its new pods are refused",
    );
    // One of the two new pods fits: the rollout goes on, one by one.
    expect(floors(text(4)).stuck).toEqual({});
  });

  test("a port of the node is one pod's, and a node named is the only one", () => {
    const spec = "replicas: 2\n  strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }";
    const text = workload(spec).replace("{ name: web }]", "{ name: web, ports: [{ hostPort: 80 }] }]");
    expect(floors(text, { nodes: 3 }).stuck).toEqual({});
    expect(floors(text, { nodes: 3 }).events["node-loss"]).toBe(1);
    expect(floors(text, { nodes: 2 }).stuck.rollout).toMatch(/all 2 places are taken/);
    const named = text.replace(
      "containers:",
      "nodeSelector: { kubernetes.io/hostname: a }\n      containers:",
    );
    expect(floors(named).stuck.rollout).toMatch(/1 of 2 pods find a place/);
  });

  test("a rollout without a place for its first new pod never ends", () => {
    const alone =
      "affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: kubernetes.io/hostname, labelSelector: { matchLabels: { app: web } } }] } }";
    const first = "strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }";
    const text = (replicas: number, strategy = first) =>
      workload(`replicas: ${replicas}\n  ${strategy}`, { pod: alone });
    expect(floors(text(3), { nodes: 3 }).stuck.rollout).toMatch(/all 3 places are taken/);
    expect(floors(text(2), { nodes: 3 }).stuck).toEqual({});
    expect(
      floors(text(3, "strategy: { blueGreen: {} }").replace("Deployment", "Rollout"), { nodes: 5 }).stuck
        .rollout,
    ).toBeDefined();
    const crowded = floors(text(4), { nodes: 3 });
    expect(crowded.replicas).toBe(3);
    expect(crowded.stuck.rollout).toMatch(/3 of 4 pods find a place/);
  });
});
