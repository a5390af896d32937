import { expect, test } from "@jest/globals";
import dip from "../../src/checks/hot-swap/rollout-availability-dip.ts";
import pdbDeadlock from "../../src/checks/redundancy/pdb-deadlock.ts";
import quota from "../../src/checks/redundancy/surge-vs-quota.ts";
import { workload, worldFrom } from "../engine/files.ts";

/** Messages show how the controllers come to their numbers, so that a reader can follow. */

const SERVICE = `apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { selector: { app: web } }
---
`;
const budget = (limit: string) => `apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: web, namespace: shop }
spec: { ${limit}, selector: { matchLabels: { app: web } } }
`;

test.each([
  [
    "replicas: 3\n  strategy: { rollingUpdate: { maxUnavailable: 99% } }",
    "may stop 2 of its 3 pods before new ones are ready (maxUnavailable: 99% of 3 pods rounds down to 2): only 1 carries the load meanwhile",
  ],
  [
    "replicas: 1\n  strategy: { rollingUpdate: { maxSurge: 0 } }",
    "(maxUnavailable: 25% of 1 pod rounds down to 0, maxSurge: 0, and where both are 0 one pod goes first)",
  ],
  [
    "replicas: 4\n  strategy: { rollingUpdate: { maxUnavailable: 100% } }",
    "(maxUnavailable: 100% of 4 pods is 4)",
  ],
  ["replicas: 2\n  strategy: { rollingUpdate: { maxUnavailable: 2 } }", "(maxUnavailable: 2)"],
  ["replicas: 2\n  strategy: { type: Recreate }", "(strategy: Recreate)"],
])("a rollout with %s", (spec, expected) => {
  const [problem] = [...dip.run(worldFrom(workload(spec) + SERVICE))];
  expect(problem?.message).toContain(expected);
});

test.each([
  [
    "replicas: 3",
    "minAvailable: 75%",
    "no eviction of the 3 pods of Deployment/shop/web (minAvailable: 75% of 3 pods rounds up to 3)",
  ],
  [
    "replicas: 4",
    "minAvailable: 100%",
    "no eviction of the 4 pods of Deployment/shop/web (minAvailable: 100% of 4 pods is 4)",
  ],
  ["replicas: 1", "minAvailable: 1", "no eviction of the only pod of Deployment/shop/web (minAvailable: 1)"],
])("%s under a budget of %s", (spec, limit, expected) => {
  const [problem] = [...pdbDeadlock.run(worldFrom(workload(spec) + budget(limit)))];
  expect(problem?.message).toContain(expected);
});

test.each([
  [1, undefined, "(3 for what runs, and 2 pods more): no old pod may go"],
  [2, "notice", "it goes on more slowly, with fewer new pods at a time"],
])("a surge of 2 with room for %s beyond all", (room, atMost, expected) => {
  const hard = `apiVersion: v1\nkind: ResourceQuota\nmetadata: { name: all, namespace: shop }\nspec: { hard: { pods: "${2 + room}" } }\n`;
  const spec = "replicas: 3\n  strategy: { rollingUpdate: { maxSurge: 2, maxUnavailable: 0 } }";
  const [problem] = [...quota.run(worldFrom(workload(spec) + hard))];
  expect(problem?.message).toContain(expected);
  expect(problem?.atMost).toBe(atMost);
});
