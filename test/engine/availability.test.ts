import { describe, expect, test } from "@jest/globals";
import { floorsOf, rolloutFloor } from "../../src/engine/availability.ts";
import { allowedDisruptions } from "../../src/engine/budget.ts";
import { mostInOne } from "../../src/engine/spread.ts";
import type { Cluster } from "../../src/engine/types.ts";
import { strategyOf, type Workload } from "../../src/engine/workload.ts";
import { one, worldFrom } from "./files.ts";

const workload = (spec: string, { kind = "Deployment", pod = "" } = {}) => `apiVersion: apps/v1
kind: ${kind}
metadata: { name: web, namespace: shop }
spec:
  ${spec}
  template:
    metadata: { labels: { app: web } }
    spec:
      containers: [{ name: web }]
      ${pod}
---
`;

function parse(text: string, cluster: Cluster = {}): { web: Workload; world: ReturnType<typeof worldFrom> } {
  const world = worldFrom(text, cluster);
  return { web: world.workloads[0]!, world };
}

const rolling = (surge: string, unavailable: string) =>
  `strategy: { rollingUpdate: { maxSurge: ${surge}, maxUnavailable: ${unavailable} } }`;

describe("a Deployment's rollout", () => {
  test.each([
    [1, 1, 0, 1],
    [2, 1, 0, 2],
    [3, 1, 0, 3],
    [4, 1, 1, 3],
    [5, 2, 1, 4],
    [8, 2, 2, 6],
    [10, 3, 2, 8],
    [12, 3, 3, 9],
  ])("of %i pods by default: surge %i, unavailable %i, at least %i ready", (n, surge, unavailable, floor) => {
    const { web } = parse(workload(`replicas: ${n}`));
    expect(strategyOf(web, n)).toEqual({
      type: "RollingUpdate",
      maxSurge: surge,
      maxUnavailable: unavailable,
    });
    expect(rolloutFloor(web, n)).toBe(floor);
  });

  test.each([
    [1, 0],
    [2, 1],
    [3, 2],
    [4, 3],
    [5, 4],
    [7, 6],
    [8, 6],
  ])(
    "of %i pods without surge: one pod is let go where the percentage comes to nothing, %i stay",
    (n, floor) => {
      const { web } = parse(workload(rolling("0", "25%")));
      expect(rolloutFloor(web, n)).toBe(floor);
    },
  );

  test.each([
    ["numbers", "2", "1", 5, 4],
    ["numbers as text", '"1"', '"2"', 5, 3],
    ["50%", "1", "50%", 5, 3],
    ["100%", "1", "100%", 5, 0],
    ["more than there are", "1", "9", 5, 0],
    ["percentages that come to nothing on both sides", "0%", "10%", 5, 4],
    ["a surge alone", "100%", "0", 5, 5],
  ])("%s", (_, surge, unavailable, n, floor) => {
    expect(rolloutFloor(parse(workload(rolling(surge, unavailable))).web, n)).toBe(floor);
  });

  test("Recreate leaves none, and zero pods stay zero", () => {
    expect(rolloutFloor(parse(workload("strategy: { type: Recreate }")).web, 3)).toBe(0);
    expect(rolloutFloor(parse(workload("replicas: 0")).web, 0)).toBe(0);
  });
});

describe("other kinds", () => {
  test.each([
    ["StatefulSet", "replicas: 3", 3, 1, 0],
    ["StatefulSet", "updateStrategy: { rollingUpdate: { maxUnavailable: 40% } }", 4, 2, 0],
    ["StatefulSet", "updateStrategy: { rollingUpdate: { maxUnavailable: 0 } }", 4, 1, 0],
    ["StatefulSet", "updateStrategy: { type: OnDelete }", 3, 0, 0],
    ["DaemonSet", "revisionHistoryLimit: 3", 5, 1, 0],
    ["DaemonSet", "updateStrategy: { rollingUpdate: { maxUnavailable: 25% } }", 5, 2, 0],
    ["DaemonSet", "updateStrategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 10% } }", 5, 0, 1],
    ["DaemonSet", "updateStrategy: { type: OnDelete }", 5, 0, 0],
    ["Rollout", "strategy: { canary: {} }", 8, 2, 2],
    ["Rollout", "strategy: { canary: { maxUnavailable: 0, maxSurge: 1 } }", 8, 0, 1],
    ["Rollout", "strategy: { blueGreen: { activeService: web } }", 3, 0, 3],
    ["CloneSet", "replicas: 4", 4, 1, 1],
  ])("%s with %s, %i pods: %i unavailable, %i more", (kind, spec, n, maxUnavailable, maxSurge) => {
    expect(strategyOf(parse(workload(spec, { kind })).web, n)).toMatchObject({ maxUnavailable, maxSurge });
  });

  test("a CronJob's and a Job's pods end by themselves, a bare Pod is a workload", () => {
    const pods = "spec: { containers: [{ name: web }] }";
    const text = `apiVersion: batch/v1
kind: CronJob
metadata: { name: a }
spec: { jobTemplate: { spec: { template: { metadata: { labels: { app: web } }, ${pods} } } } }
---
apiVersion: batch/v1
kind: Job
metadata: { name: b }
spec: { template: { ${pods} } }
---
apiVersion: v1
kind: Pod
metadata: { name: c, labels: { app: web } }
${pods}
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web } }
`;
    const world = worldFrom(text);
    expect(world.workloads.map(({ kind, runsToCompletion }) => [kind, runsToCompletion])).toEqual([
      ["CronJob", true],
      ["Job", true],
      ["Pod", false],
    ]);
    expect(world.selectedBy(world.ofKind("Service")[0]!).map(({ kind }) => kind)).toEqual(["Pod"]);
    expect(world.workloads.map((item) => floorsOf(item, world))).toEqual([undefined, undefined, undefined]);
  });
});

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

/** Puts pods one after the other wherever the skew allows, in every order, and returns the most that one domain got. */
function worstBySearch(n: number, z: number, skew: number): number {
  const seen = new Set<string>();
  let worst = 0;
  const place = (counts: readonly number[], left: number) => {
    const state = [...counts].sort((a, b) => a - b);
    if (seen.has(state.join())) return;
    seen.add(state.join());
    if (left === 0) worst = Math.max(worst, ...state);
    else {
      const least = state[0] ?? 0;
      state.forEach((count, domain) => {
        if (count + 1 - least <= skew) place(state.with(domain, count + 1), left - 1);
      });
    }
  };
  place(Array<number>(z).fill(0), n);
  return worst;
}

describe("a hard spread", () => {
  const spread = (skew: number, when = "DoNotSchedule", key = "topology.kubernetes.io/zone", app = "web") =>
    parse(
      workload("replicas: 3", {
        pod: `topologySpreadConstraints: [{ maxSkew: ${skew}, topologyKey: ${key}, whenUnsatisfiable: ${when}, labelSelector: { matchLabels: { app: ${app} } } }]`,
      }),
    ).web;

  const cases = [1, 2, 3, 4].flatMap((z) => [1, 2, 3, 4, 5].map((skew) => [z, skew] as const));
  test.each(cases)("over %i zones with skew %i holds what a search over all placements finds", (z, skew) => {
    const web = spread(skew);
    for (let n = 0; n <= 12; n++)
      expect([n, mostInOne(web, "zone", n, z)]).toEqual([n, worstBySearch(n, z, skew)]);
  });

  test("over a number of zones that nobody said is judged by two, the fewest that help", () => {
    expect(mostInOne(spread(1), "zone", 5, undefined)).toBe(3);
  });

  test.each([
    ["a soft one promises nothing", spread(1, "ScheduleAnyway")],
    ["one for other pods promises nothing", spread(1, "DoNotSchedule", "topology.kubernetes.io/zone", "api")],
    ["one over nodes says nothing about zones", spread(1, "DoNotSchedule", "kubernetes.io/hostname")],
  ])("%s", (_, web) => {
    expect(mostInOne(web, "zone", 6, 3)).toBe(6);
  });

  const affinity = (kind: string, key: string, app = "web") => {
    const term = `{ topologyKey: ${key}, labelSelector: { matchLabels: { app: ${app} } } }`;
    const terms =
      kind === "required"
        ? `requiredDuringSchedulingIgnoredDuringExecution: [${term}]`
        : `preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: ${term} }]`;
    return parse(workload("replicas: 3", { pod: `affinity: { podAntiAffinity: { ${terms} } }` })).web;
  };
  test.each([
    [
      "required over zones: one a zone and one a node",
      "required",
      "topology.kubernetes.io/zone",
      "web",
      1,
      1,
    ],
    ["required over nodes: one a node, any number a zone", "required", "kubernetes.io/hostname", "web", 1, 4],
    ["preferred promises nothing", "preferred", "kubernetes.io/hostname", "web", 4, 4],
    ["against other pods promises nothing", "required", "kubernetes.io/hostname", "api", 4, 4],
  ])("anti-affinity %s", (_, kind, key, app, onNode, inZone) => {
    const web = affinity(kind, key, app);
    expect([mostInOne(web, "node", 4, 6), mostInOne(web, "zone", 4, 3)]).toEqual([onNode, inZone]);
    expect(mostInOne(web, "node", 0, 6)).toBe(0);
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
