import { expect, test } from "@jest/globals";
import deadlock from "../../src/checks/redundancy/rollout-scheduling-deadlock.ts";
import apiRemoved from "../../src/checks/transition/api-removed.ts";
import { worldFrom } from "../engine/files.ts";

/** What a check says differently once the policy tells about the cluster. */

const broker = (replicas: number) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: broker }
spec:
  replicas: ${replicas}
  strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }
  template:
    metadata: { labels: { app: broker } }
    spec:
      containers: [{ name: broker, image: "broker:2" }]
      affinity:
        podAntiAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
            - { labelSelector: { matchLabels: { app: broker } }, topologyKey: kubernetes.io/hostname }
`;

test.each([
  [3, 3, 1],
  [4, 3, 1],
  [2, 3, 0],
  [3, undefined, 0],
])("%s pods, one a node, on %s nodes: %s findings", (replicas, nodes, count) => {
  const world = worldFrom(broker(replicas), nodes === undefined ? {} : { nodes });
  const problems = [...deadlock.run(world)];
  expect(problems).toHaveLength(count);
  // A stated number of nodes is a fact, not a guess.
  expect(problems.map(({ atMost }) => atMost)).toEqual(problems.map(() => undefined));
});

const edge = (pod: string) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: edge }
spec:
  replicas: 3
  template:
    metadata: { labels: { app: edge } }
    spec:
      ${pod}
`;

test.each([
  ["containers: [{ name: edge, ports: [{ containerPort: 80, hostPort: 80 }] }]", 3, 1],
  ["containers: [{ name: edge, ports: [{ containerPort: 80, hostPort: 80 }] }]", 4, 0],
  ["containers: [{ name: edge, ports: [{ containerPort: 80 }] }]", 3, 0],
  ["hostNetwork: true\n      containers: [{ name: edge, ports: [{ containerPort: 80 }] }]", 2, 1],
])("three pods with %s on %s nodes: %s findings", (pod, nodes, count) => {
  const problems = [...deadlock.run(worldFrom(edge(pod), { nodes }))];
  expect(problems).toHaveLength(count);
  // A spread constraint gives no second port 80 to a node.
  expect(problems.every(({ fix = "" }) => !fix.includes("topologySpreadConstraints"))).toBe(true);
});

const budget = `apiVersion: policy/v1beta1
kind: PodDisruptionBudget
metadata: { name: broker }
spec: { maxUnavailable: 1, selector: { matchLabels: { app: broker } } }
`;

test.each([
  ["1.25", "warning", /no longer serves since 1\.25: the cluster \(1\.25, as the policy says\) refuses it/],
  ["1.24", "notice", /stops serving in 1\.25, and the cluster has 1\.24: after that upgrade/],
  [
    undefined,
    "notice",
    /no longer serves since 1\.25: a cluster with that version or a newer one refuses it/,
  ],
])("policy/v1beta1 on a cluster of version %s: %s", (version, atMost, message) => {
  const world = worldFrom(budget, version === undefined ? {} : { version });
  expect([...apiRemoved.run(world)]).toEqual([
    expect.objectContaining({ atMost, message: expect.stringMatching(message) }),
  ]);
});

test("what nothing could replace in that version yet is left alone", () => {
  expect([...apiRemoved.run(worldFrom(budget, { version: "1.20" }))]).toEqual([]);
});
