import { setScalar } from "../../engine/edit.ts";
import { isObject, list, object, string, text } from "../../engine/json.ts";
import { isCounted } from "../../engine/serving.ts";
import { matchesSelector } from "../../engine/selectors.ts";
import type { FieldPath, Json, Manifest, Problem } from "../../engine/types.ts";
import type { Workload } from "../../engine/workload.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities } from "../define.ts";

const guard = (replicas: number) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: guard, namespace: guard }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: guard } }
  template:
    metadata: { labels: { app: guard } }
    spec: { containers: [{ name: guard, image: "guard:5" }] }
---
apiVersion: v1
kind: Service
metadata: { name: guard, namespace: guard }
spec: { selector: { app: guard }, ports: [{ port: 443 }] }
---
`;

const webhook = (settings: string, resources = "pods") => `apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: { name: guard }
webhooks:
  - name: guard.example.com
    clientConfig: { service: { name: guard, namespace: guard } }
    ${settings}
    rules: [{ apiGroups: ["*"], apiVersions: ["*"], operations: [CREATE], resources: [${resources}] }]
    sideEffects: None
    admissionReviewVersions: [v1]
`;

const MARK = " # <- finding";
const EXEMPT =
  "namespaceSelector: { matchExpressions: [{ key: kubernetes.io/metadata.name, operator: NotIn, values: [guard, kube-system] }] }";

export default defineCheck({
  kind: "state",
  id: "webhook-lockout",
  title: "An admission webhook can lock itself out, and the cluster with it",
  pillar: "hot-swap",
  severity: severities("error", "error", "error"),
  confidence: "likely",
  why: "When the webhook's pods are gone, the API server refuses every pod that it would have to ask about, the webhook's own new pods included. Nothing comes back by itself: no workload of the cluster can start or move a pod until somebody deletes the webhook's configuration by hand.",
  fix: "Leave the webhook's own namespace and kube-system out (namespaceSelector), run two pods or more of it with a disruption budget, or set failurePolicy: Ignore.",
  references: [
    "https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#avoiding-operating-on-the-kube-system-namespace",
    "https://kubernetes.io/docs/concepts/cluster-administration/admission-webhooks-good-practices/",
  ],
  unsafe: [
    {
      title: "a new webhook with one pod asks about every pod",
      after: guard(1) + webhook(`failurePolicy: Fail${MARK}`),
    },
    {
      title: "its own namespace is no longer left out",
      before: guard(1) + webhook(EXEMPT),
      after:
        guard(1) +
        webhook(`timeoutSeconds: 5`).replace("name: guard.example.com", `name: guard.example.com${MARK}`),
    },
    {
      title: "failures are no longer ignored",
      before: guard(3) + webhook("failurePolicy: Ignore", '"*"'),
      after: guard(3) + webhook(`failurePolicy: Fail${MARK}`, '"*"'),
    },
  ],
  safe: [
    { title: "its own namespace is left out", after: guard(1) + webhook(EXEMPT) },
    { title: "failures are ignored", after: guard(1) + webhook("failurePolicy: Ignore") },
    {
      title: "it asks about other things than pods",
      after: guard(1) + webhook("failurePolicy: Fail", "ingresses"),
    },
    {
      title: "it looks at labelled pods only, and its own have no such label",
      after:
        guard(1) +
        webhook("failurePolicy: Fail\n    objectSelector: { matchLabels: { guarded: yes-please } }"),
    },
    { title: "its Service is not here", after: webhook("failurePolicy: Fail") },
  ],

  *run(world) {
    for (const configuration of world.ofKind(
      "ValidatingWebhookConfiguration",
      "MutatingWebhookConfiguration",
    )) {
      for (const [index, item] of list(configuration.get("webhooks")).entries()) {
        const workload = behind(object(item)["clientConfig"], world);
        if (workload && asksAbout(item, workload)) yield problem(configuration, { index, workload }, world);
      }
    }
  },
});

/** The workload that answers, where Service and pods are in the unit. */
function behind(config: Json | undefined, world: World): Workload | undefined {
  const { name, namespace } = object(object(config)["service"]);
  const from = { namespace: string(namespace) ?? "" };
  const service = typeof name === "string" ? world.find("Service", name, from) : undefined;
  return service && world.selectedBy(service).find(isCounted);
}

/** Whether the webhook is asked before its own pods may be created, and its silence is a no. */
function asksAbout(item: Json, { labels, manifest }: Workload): boolean {
  const webhook = object(item);
  if ((webhook["failurePolicy"] ?? "Fail") !== "Fail" || list(webhook["matchConditions"]).length > 0)
    return false;
  const rules = list(webhook["rules"]).map(object);
  const isSelected =
    (isEmpty(webhook["objectSelector"]) || matchesSelector(webhook["objectSelector"], labels)) &&
    coversNamespace(webhook["namespaceSelector"], manifest.namespace);
  return (
    isSelected &&
    rules.some(({ apiGroups, operations, resources, scope }) => {
      const has = (value: Json | undefined, ...wanted: readonly string[]) =>
        list(value).some((one) => wanted.includes(text(one)));
      return (
        has(apiGroups, "*", "") &&
        has(operations, "*", "CREATE") &&
        has(resources, "*", "*/*", "pods") &&
        scope !== "Cluster"
      );
    })
  );
}

const isEmpty = (selector: Json | undefined) =>
  selector === undefined || selector === null || (isObject(selector) && Object.keys(selector).length === 0);

/** Of a namespace only its name is sure to be a label; by other labels it may be left out. */
function coversNamespace(selector: Json | undefined, namespace: string): boolean {
  if (isEmpty(selector)) return true;
  const { matchLabels, matchExpressions } = object(selector);
  const keys = [
    ...Object.keys(object(matchLabels)),
    ...list(matchExpressions).map((one) => object(one)["key"]),
  ];
  if (namespace === "" || keys.some((key) => key !== "kubernetes.io/metadata.name")) return false;
  return matchesSelector(selector, { "kubernetes.io/metadata.name": namespace });
}

interface Found {
  readonly index: number;
  readonly workload: Workload;
}

function problem(configuration: Manifest, { index, workload }: Found, world: World): Problem {
  const replicas = world.replicasOf(workload);
  const alone = replicas < 2;
  const path: FieldPath = ["webhooks", index, "failurePolicy"];
  const name = string(configuration.get("webhooks", index, "name")) ?? configuration.name;
  const written = configuration.get(...path) !== undefined;
  const suggestion = setScalar(configuration, path, "Ignore");
  const { manifest } = workload;
  return {
    subject: configuration,
    key: name,
    at: configuration.locate("webhooks", index, written ? "failurePolicy" : "name"),
    measure: alone ? 1 : 0,
    ...(alone ? {} : { atMost: "warning" as const }),
    message: `${configuration.ref} asks ${manifest.ref} (${alone ? "one pod" : `${replicas} pods`}) before any pod is created, its own included. ${alone ? "When that pod is evicted or lost with its node" : "When all of them are gone at once"}, no pod can be created any more, in the whole cluster, until somebody deletes ${configuration.ref} by hand.`,
    fix: `Leave ${manifest.namespace === "" ? "its own namespace" : `namespace ${manifest.namespace}`} and kube-system out with a namespaceSelector on kubernetes.io/metadata.name${alone ? `, and run two pods of ${manifest.name}` : ""}; or write failurePolicy: Ignore, if pods may start unchecked while it is away.`,
    ...(suggestion && { suggestion }),
  };
}
