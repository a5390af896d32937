import { expect, test } from "@jest/globals";
import { refusedValues } from "../../src/engine/refused-values.ts";
import { isQuantity } from "../../src/engine/refused-quantities.ts";
import { scheduleFault } from "../../src/engine/schedule.ts";
import { worldFrom } from "./files.ts";

/** What the API server takes and refuses (kubernetes pkg/apis/…/validation, robfig/cron v3). */

test.each([
  ["0 3 * * *", true],
  ["*/5 * * * *", true],
  ["0 0 1,15 * ?", true],
  ["5/15 * * * *", true],
  ["0 22 * * sun-thu", true],
  ["0 22 * * thu-sun", false],
  ["TZ=UTC 0 3 * * *", true],
  ["@weekly", true],
  ["@every 1h30m", true],
  ["@reboot", false],
  ["0 3 * * 7", false],
  ["60 3 * * *", false],
  ["0 24 * * *", false],
  ["0 3 L * *", false],
  ["0 3 0 * *", false],
  ["H 3 * * *", false],
  ["*/0 * * * *", false],
  ["0 3 * *", false],
  ["", false],
])("schedule %j: %s", (schedule, isOne) => {
  expect(scheduleFault(schedule) === undefined).toBe(isOne);
});

test.each([
  ["1", true],
  ["1.5", true],
  ["100m", true],
  ["1e3", true],
  ["1E6", true],
  ["2Gi", true],
  ["5k", true],
  ["5K", false],
  ["5KB", false],
  ["5 Gi", false],
  ["5gi", false],
  ["1.2.3", false],
  ["", false],
  ["half", false],
])("amount %j: %s", (amount, isOne) => {
  expect(isQuantity(amount)).toBe(isOne);
});

const refused = (text: string) => {
  const world = worldFrom(text);
  return world.manifests.flatMap((manifest) => refusedValues(manifest, world)).map(({ what }) => what);
};

const pod = (spec: string, kind = "Deployment", template = "template") => `apiVersion: apps/v1
kind: ${kind}
metadata: { name: web }
spec: { selector: {}, ${template}: { spec: { ${spec} } } }
`;

test.each([
  ["apiVersion: v1\nkind: Service\nmetadata: { name: shop.web }\n", "its name may hold"],
  ["apiVersion: v1\nkind: ConfigMap\nmetadata: { name: Shop }\n", "its name may hold"],
  [
    "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: shop, labels: { a b: c } }\n",
    "cannot be the key of a label",
  ],
  [
    "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: shop, annotations: { a/b/c: d } }\n",
    "cannot be the key of an",
  ],
  [pod("containers: [{ name: a, image: b, ports: [{ containerPort: 80800 }] }]"), "containerPort 80800"],
  [
    pod("containers: [{ name: a, image: b, readinessProbe: { periodSeconds: 5 } }]"),
    "does not say what to ask",
  ],
  [
    pod("containers: [{ name: a, image: b }], volumes: [{ name: v, emptyDir: {}, hostPath: { path: / } }]"),
    "at once",
  ],
  [pod("containers: [{ name: a, image: b }], restartPolicy: Never"), "a Deployment takes Always only"],
  [
    pod("containers: [{ name: a, image: b }]").replace("apps/v1", "batch/v1").replace("Deployment", "Job"),
    "no restartPolicy",
  ],
  [
    pod(
      "containers: [{ name: a, image: b, volumeMounts: [{ name: x, mountPath: /d }, { name: y, mountPath: /d }] }]",
    ),
    "two volumes at /d",
  ],
  [
    "apiVersion: v1\nkind: Service\nmetadata: { name: a }\nspec: { ports: [{ name: a, port: 80 }, { name: b, port: 80 }] }\n",
    "two ports are TCP 80",
  ],
  [
    "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: { name: a }\nspec: { rules: [{ http: { paths: [{ path: /, backend: {} }] } }] }\n",
    "no pathType",
  ],
])("%s is refused: %s", (text, expected) => {
  expect(refused(text).join()).toContain(expected);
});

test.each([
  [
    "a patch says only what it changes",
    pod("containers: [{ name: a, readinessProbe: { periodSeconds: 5 } }]"),
  ],
  [
    "an object of another group has its own rules",
    "apiVersion: example.com/v1\nkind: Service\nmetadata: { name: A_B }\n",
  ],
  [
    "what a script fills in",
    "apiVersion: v1\nkind: Service\nmetadata: { name: APP_NAME, labels: { a: <branch> } }\n",
  ],
  [
    "a port for both protocols",
    "apiVersion: v1\nkind: Service\nmetadata: { name: a }\nspec: { ports: [{ name: t, port: 53 }, { name: u, port: 53, protocol: UDP }] }\n",
  ],
])("%s", (_, text) => {
  expect(refused(text)).toEqual([]);
});
