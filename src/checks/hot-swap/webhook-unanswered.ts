import { answering } from "../../engine/generations.ts";
import { list, object, string } from "../../engine/json.ts";
import { removalOf } from "../../engine/pruning.ts";
import { locateCount } from "../../engine/scaling.ts";
import { isUnknown } from "../../engine/template.ts";
import type { FieldPath, Json, Manifest, Problem } from "../../engine/types.ts";
import { listText, scalarText } from "../../engine/words.ts";
import { defineCheck, severities, type Transition } from "../define.ts";

const guard = (replicas: number, mark = "") => `apiVersion: apps/v1
kind: Deployment
metadata: { name: guard, namespace: guard }
spec:
  replicas: ${replicas}${mark}
  selector: { matchLabels: { app: guard } }
  template:
    metadata: { labels: { app: guard } }
    spec: { containers: [{ name: guard, image: "guard:3" }] }
---
`;

const service = (name: string) => `apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: guard }
spec: { selector: { app: guard }, ports: [{ port: 443 }] }
---
`;

const webhook = (policy: string, mark = "") => `apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: { name: guard }
webhooks:
  - name: pods.guard.example.com
    failurePolicy: ${policy}
    clientConfig:
      service:
        name: guard${mark}
        namespace: guard
    rules:
      - { apiGroups: [apps], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [deployments] }
    admissionReviewVersions: [v1]
    sideEffects: None
---
`;

const METRICS = `apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: { name: v1beta1.metrics.k8s.io }
spec:
  group: metrics.k8s.io
  version: v1beta1
  service: { name: guard, namespace: guard }
---
`;

const CONVERSION = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: tenants.example.com }
spec:
  group: example.com
  names: { kind: Tenant }
  conversion:
    strategy: Webhook
    webhook:
      clientConfig:
        service: { name: guard, namespace: guard }
---
`;

const MARK = " # <- finding";
const ALL = guard(2) + service("guard");

export default defineCheck({
  kind: "transition",
  id: "webhook-unanswered",
  title: "The API server asks a Service that no longer answers",
  pillar: "hot-swap",
  severity: severities("error", "error", "warning"),
  confidence: "certain",
  absence: true,
  why: "The API server asks the Service before it lets anybody create or change the objects that the webhook is about. When nobody answers, it refuses all of them, in the whole cluster: rollouts stop, and pods that are drained or lost with their node may not come back.",
  fix: "Remove the webhook configuration first, and what answers it in a later change; or let it name the new Service.",
  references: [
    "https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#failure-policy",
    "https://kubernetes.io/docs/concepts/extend-kubernetes/api-extension/apiserver-aggregation/",
  ],
  unsafe: [
    {
      title: "the Service gets another name, and the webhook keeps the old one",
      before: ALL + webhook("Fail"),
      after: guard(2) + service("guard-webhook") + webhook("Fail", MARK),
    },
    {
      title: "what answers is scaled to zero",
      before: ALL + webhook("Fail"),
      after: guard(0, MARK) + service("guard") + webhook("Fail"),
    },
    {
      title: "the API server gets its metrics from a Service that goes",
      before: ALL + METRICS,
      after: guard(2) + METRICS.replace("namespace: guard }", `namespace: guard }${MARK}`),
    },
    {
      title: "the Service that converts between versions of a custom resource goes",
      before: ALL + CONVERSION,
      after: guard(2) + CONVERSION.replace("namespace: guard }", `namespace: guard }${MARK}`),
    },
  ],
  safe: [
    {
      title: "the webhook goes with its Service",
      before: ALL + webhook("Fail"),
      after: guard(2),
    },
    {
      title: "no answer counts as a yes",
      before: ALL + webhook("Ignore"),
      after: guard(2) + webhook("Ignore"),
    },
    {
      title: "both get the new name",
      before: ALL + webhook("Fail"),
      after:
        guard(2) +
        service("gate") +
        webhook("Fail").replace("name: guard\n        namespace", "name: gate\n        namespace"),
    },
    { title: "its Service was never here", before: guard(2) + webhook("Fail"), after: webhook("Fail") },
    {
      title: "the Service moves to another file",
      before: { "guard.yaml": ALL + webhook("Fail") },
      after: { "guard.yaml": guard(2) + webhook("Fail"), "services/guard.yaml": service("guard") },
    },
  ],

  *run(transition) {
    for (const { kind, before, after } of transition.changes) {
      if (kind !== "kept") continue;
      const old = new Set(callbacksOf(before).map(({ service, namespace }) => `${namespace}/${service}`));
      const seen = new Set<string>();
      for (const callback of callbacksOf(after)) {
        const name = `${callback.namespace}/${callback.service}`;
        if (!old.has(name) || seen.has(name)) continue;
        seen.add(name);
        yield* unanswered(after, callback, transition);
      }
    }
  },
});

/** A Service that the API server calls to do its own work. */
interface Callback {
  readonly service: string;
  readonly namespace: string;
  readonly path: FieldPath;
  /** What stops without an answer, as a clause. */
  readonly stops: string;
}

/** Webhooks whose silence is a no, conversions between versions, and APIs that a Service serves. */
function callbacksOf(manifest: Manifest): Callback[] {
  switch (manifest.kind) {
    case "ValidatingWebhookConfiguration":
    case "MutatingWebhookConfiguration":
      return list(manifest.get("webhooks")).flatMap((item, index) => {
        const { failurePolicy, rules, clientConfig, namespaceSelector, objectSelector } = object(item);
        const isEverywhere = [namespaceSelector, objectSelector].every(isEmpty);
        if ((failurePolicy ?? "Fail") !== "Fail") return [];
        const path = ["webhooks", index, "clientConfig", "service"];
        return callback(
          object(clientConfig)["service"],
          path,
          `nobody can create or change ${resourcesOf(rules)}${isEverywhere ? "" : " that it selects"}`,
        );
      });
    case "CustomResourceDefinition": {
      const path = ["spec", "conversion", "webhook", "clientConfig", "service"];
      const kind = scalarText(manifest.get("spec", "names", "kind"));
      return callback(
        manifest.get(...path),
        path,
        `no ${kind} can be read or written in another version than the stored one`,
      );
    }
    case "APIService":
      return callback(
        manifest.get("spec", "service"),
        ["spec", "service"],
        `${manifest.name} is not served, so whoever asks for it gets errors, and no namespace can be deleted`,
      );
    default:
      return [];
  }
}

const isEmpty = (selector: Json | undefined) => Object.keys(object(selector)).length === 0;

function callback(service: Json | undefined, path: FieldPath, stops: string): Callback[] {
  const { name, namespace } = object(service);
  if (typeof name !== "string" || isUnknown(name)) return [];
  return [{ service: name, namespace: string(namespace) ?? "", path: [...path, "name"], stops }];
}

function resourcesOf(rules: Json | undefined): string {
  const names = list(rules).flatMap((rule) => list(object(rule)["resources"]).map(scalarText));
  return names.some((name) => name.startsWith("*"))
    ? "anything"
    : listText([...new Set(names)]) || "anything";
}

function* unanswered(
  configuration: Manifest,
  { service: name, namespace, path, stops }: Callback,
  { before, after }: Transition,
): Iterable<Problem> {
  const [had, has] = [before, after].map((world) => world.find("Service", name, { namespace }));
  if (!had || answering(had, before).length === 0) return;
  const about = { subject: configuration, key: `${namespace}/${name}` };
  const result = `From then on ${stops}, in the whole cluster.`;
  if (!has) {
    const removal = removalOf(had, before);
    if (after.anywhere("Service", name) || removal === "kept") return;
    yield {
      ...about,
      at: configuration.locate(...path),
      was: had.locate(),
      ...(removal === "deleted" ? {} : { atMost: "warning" as const }),
      message: `${configuration.ref} asks ${had.ref}, which this change removes. ${result}`,
      fix: `Keep ${had.ref} until ${configuration.ref} is gone, or asks another Service that answers.`,
    };
  } else if (answering(has, after).length === 0) {
    const [left] = after.selectedBy(has);
    yield {
      ...about,
      at: left ? locateCount(left, after) : has.locate("spec", "selector"),
      message: `${configuration.ref} asks ${has.ref}, ${left ? `whose pods (${left.manifest.ref}) are scaled to zero` : "which has no pod any more"}. ${result}`,
      fix: `Remove ${configuration.ref} first, in a change of its own, or keep a pod for ${has.ref}.`,
    };
  }
}
