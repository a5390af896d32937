import { defineCheck, severities } from "../define.ts";
import { valuesChanges } from "../../engine/values-words.ts";
import { switchProblems } from "./_values-switches.ts";

const release = (values: string) => `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: { name: storefront, namespace: shop }
spec:
  chart:
    spec: { chart: storefront, sourceRef: { kind: HelmRepository, name: platform } }
  values:
${values.replace(/^(?=.)/gm, "    ")}`;

const APPS = (names: readonly string[]) =>
  `applications:\n${names.map((name) => `  - name: ${name}\n    helmValues: { replicaCount: 3 }\n`).join("")}`;

export default defineCheck({
  kind: "transition",
  id: "values-switched-off",
  title: "A chart's values switch off what answers users",
  pillar: "hot-swap",
  severity: severities("warning", "warning", "notice"),
  confidence: "likely",
  why: "A component that is switched off, an application that leaves its list, or a host that leaves its route is gone with this deploy, and whoever still uses it gets errors. The chart itself is not in the repository, so the keys of its values are taken to mean what they mean in nearly all charts.",
  fix: "Move traffic and callers away first; remove what nobody uses any more in a later change.",
  references: ["https://helm.sh/docs/chart_best_practices/dependencies/#conditions-and-tags"],
  unsafe: [
    {
      title: "a component is switched off",
      before: release("recommendations:\n  enabled: true\n  replicas: 3\n"),
      after: release("recommendations:\n  enabled: false # <- finding\n  replicas: 3\n"),
    },
    {
      title: "maintenance",
      before: release('maintenance_mode:\n  enabled: "false"\n'),
      after: release('maintenance_mode:\n  enabled: "true" # <- finding\n'),
    },
    {
      title: "a host leaves the ingress",
      before: release("ingress:\n  enabled: true\n  hosts: [shop.example.com, www.example.com]\n"),
      after: release("ingress:\n  enabled: true\n  hosts: [shop.example.com] # <- finding\n"),
    },
    {
      title: "an application leaves the list of applications",
      before: { "charts/apps/values-production.yaml": APPS(["cart", "search", "orders"]) },
      after: {
        "charts/apps/values-production.yaml": APPS(["cart", "orders"]).replace(
          "- name: orders",
          "- name: orders # <- finding",
        ),
      },
    },
    {
      title: "a job no longer runs",
      before: release("reports:\n  schedule: '@daily'\n"),
      after: release("reports:\n  schedule: '@daily'\n  suspend: true # <- finding\n"),
    },
    {
      title: "the load balancer goes",
      before: release("service:\n  type: LoadBalancer\n"),
      after: release("service:\n  type: ClusterIP # <- finding\n"),
    },
  ],
  safe: [
    {
      title: "an extra is switched off",
      before: release("debugLog: { enabled: true }\nrbac: { enabled: true }\n"),
      after: release("debugLog: { enabled: false }\nrbac: { enabled: false }\n"),
    },
    {
      title: "a host moves to another ingress of the release",
      before: release("ingress:\n  hosts: [shop.example.com]\n"),
      after: release("ingress:\n  hosts: [new.example.com]\nredirect:\n  hosts: [shop.example.com]\n"),
    },
    {
      title: "a component is switched on",
      before: release("recommendations: { enabled: false, replicas: 3 }\n"),
      after: release("recommendations: { enabled: true, replicas: 3 }\n"),
    },
    {
      title: "the job runs again",
      before: release("reports: { schedule: '@daily', suspend: true }\n"),
      after: release("reports: { schedule: '@daily' }\n"),
    },
  ],

  *run(transition) {
    for (const part of valuesChanges(transition)) yield* switchProblems(part);
  },
});
