import { describe, expect, test } from "@jest/globals";
import { floorsOf, rolloutFloor } from "../../src/engine/availability.ts";
import { strategyOf } from "../../src/engine/workload.ts";
import { parse, workload, worldFrom } from "./files.ts";

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
    expect(rolloutFloor(strategyOf(web, n), n)).toBe(floor);
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
      expect(rolloutFloor(strategyOf(web, n), n)).toBe(floor);
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
  ])("%s", (...[, surge, unavailable, n, floor]) => {
    const { web } = parse(workload(rolling(surge, unavailable)));
    expect(rolloutFloor(strategyOf(web, n), n)).toBe(floor);
  });

  test("Recreate leaves none, and zero pods stay zero", () => {
    const recreate = parse(workload("strategy: { type: Recreate }")).web;
    expect(rolloutFloor(strategyOf(recreate, 3), 3)).toBe(0);
    expect(rolloutFloor(strategyOf(parse(workload("replicas: 0")).web, 0), 0)).toBe(0);
  });
});

describe("other kinds", () => {
  test.each([
    ["StatefulSet", "replicas: 3", 3, 1, 0],
    ["StatefulSet", "updateStrategy: { rollingUpdate: { maxUnavailable: 40% } }", 4, 2, 0],
    ["StatefulSet", "updateStrategy: { rollingUpdate: { maxUnavailable: 0 } }", 4, 1, 0],
    ["StatefulSet", "updateStrategy: { type: OnDelete }", 3, 0, 0],
    ["StatefulSet", "updateStrategy: { rollingUpdate: { maxUnavailable: 3, partition: 2 } }", 4, 2, 0],
    ["StatefulSet", "updateStrategy: { rollingUpdate: { partition: 9 } }", 4, 0, 0],
    ["StatefulSet", "podManagementPolicy: Parallel", 4, 1, 0],
    ["DaemonSet", "revisionHistoryLimit: 3", 5, 1, 0],
    ["DaemonSet", "updateStrategy: { rollingUpdate: { maxUnavailable: 25% } }", 5, 2, 0],
    ["DaemonSet", "updateStrategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 10% } }", 5, 0, 1],
    ["DaemonSet", "updateStrategy: { type: OnDelete }", 5, 0, 0],
    ["Rollout", "strategy: { canary: {} }", 8, 2, 2],
    ["Rollout", "strategy: { canary: { maxUnavailable: 0, maxSurge: 1 } }", 8, 0, 1],
    ["Rollout", "strategy: { blueGreen: { activeService: web } }", 3, 0, 3],
    ["Rollout", "strategy: { canary: { steps: [{ setWeight: 20 }] } }", 3, 0, 1],
    ["Rollout", "strategy: { canary: { trafficRouting: { nginx: {} }, maxUnavailable: 2 } }", 4, 0, 4],
    [
      "Rollout",
      "strategy: { canary: { trafficRouting: { nginx: {} }, dynamicStableScale: true, steps: [{ setWeight: 10 }, { pause: {} }, { setWeight: 60 }] } }",
      10,
      0,
      5,
    ],
    ["CloneSet", "replicas: 4", 4, 1, 1],
  ])("%s with %s, %i pods: %i unavailable, %i more", (...[kind, spec, n, maxUnavailable, maxSurge]) => {
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

  test.each([
    ["one of them by default", "revisionHistoryLimit: 3", 6, { nodes: 6, lacking: 1 }],
    [
      "a share, rounded up",
      "updateStrategy: { rollingUpdate: { maxUnavailable: 25% } }",
      6,
      { nodes: 6, lacking: 2 },
    ],
    [
      "more than there are",
      "updateStrategy: { rollingUpdate: { maxUnavailable: 9 } }",
      6,
      { nodes: 6, lacking: 6 },
    ],
    [
      "a share of how many nobody said",
      "updateStrategy: { rollingUpdate: { maxUnavailable: 25% } }",
      undefined,
      { lacking: "25%" },
    ],
    [
      "a number of how many nobody said",
      "updateStrategy: { rollingUpdate: { maxUnavailable: 2 } }",
      undefined,
      { lacking: 2 },
    ],
    [
      "none with a surge",
      "updateStrategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } }",
      6,
      { nodes: 6, lacking: 0 },
    ],
    [
      "one where both come to nothing",
      "updateStrategy: { rollingUpdate: { maxUnavailable: 0% } }",
      6,
      { nodes: 6, lacking: 1 },
    ],
    ["none on delete", "updateStrategy: { type: OnDelete }", undefined, { lacking: 0 }],
  ])("a DaemonSet's rollout leaves nodes without a pod: %s", (...[, spec, nodes, expected]) => {
    const { web, world } = parse(workload(spec, { kind: "DaemonSet" }), nodes === undefined ? {} : { nodes });
    expect(floorsOf(web, world)).toEqual(expected);
  });
});
