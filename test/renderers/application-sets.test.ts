import { describe, expect } from "@jest/globals";
import { chart, judged, news, rendered, WEB, withHelm, type Files } from "./tools.ts";

const CHART: Files = {
  "chart/Chart.yaml": chart("shop"),
  "chart/values.yaml": 'replicaCount: 3\ntag: "1.0"\nprobe:\n  httpGet: { path: /, port: 80 }\n',
  "chart/templates/web.yaml": WEB,
};

/** An ApplicationSet over the chart; two spaces of indentation for the generators' keys. */
const set = (generators: string, { name, values }: { name: string; values: string }) => ({
  "argocd/shop.yaml": `apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: { name: shop, namespace: argocd }
spec:
  goTemplate: true
  generators:
${generators}
  template:
    metadata: { name: "${name}" }
    spec:
      destination: { namespace: shop }
      source:
        repoURL: https://git.example.com/shop
        path: chart
        helm:
          valueFiles: ["${values}"]
`,
});

const environments = {
  "chart/envs/production.yaml": "replicaCount: 6\n",
  "chart/envs/staging.yaml": "replicaCount: 2\n",
};

async function unitsOf(files: Files): Promise<string[]> {
  const { head } = await rendered(files, { ...files, "chart/values.yaml": "" });
  return head.units
    .filter(({ id }) => id.startsWith("chart"))
    .map(({ id, environment, manifests }) => {
      const web = manifests.find(({ kind }) => kind === "Deployment");
      return `${id}: ${environment}, ${JSON.stringify(web?.get("spec", "replicas"))} replicas`;
    });
}

const BOTH = ["chart (shop-production): production, 6 replicas", "chart (shop-staging): staging, 2 replicas"];

describe("an ApplicationSet deploys a chart once for each application that it makes", () => {
  withHelm("from a list", async () => {
    const generators = `    - list:
        elements:
          - { env: production }
          - { env: staging }`;
    const order = set(generators, { name: "shop-{{ .env }}", values: "envs/{{.env}}.yaml" });
    expect(await unitsOf({ ...CHART, ...environments, ...order })).toEqual(BOTH);
  });

  withHelm("from folders of the repository, but for those left out", async () => {
    const generators = `    - git:
        repoURL: https://git.example.com/shop
        directories:
          - path: clusters/*
          - { path: clusters/old, exclude: true }`;
    const order = set(generators, {
      name: "shop-{{.path.basename}}",
      values: "/clusters/{{.path.basename}}/shop.yaml",
    });
    const clusters = {
      "clusters/production/shop.yaml": "replicaCount: 6\n",
      "clusters/staging/shop.yaml": "replicaCount: 2\n",
      "clusters/old/shop.yaml": "replicaCount: 1\n",
    };
    expect(await unitsOf({ ...CHART, ...clusters, ...order })).toEqual(BOTH);
  });

  withHelm("from files of the repository, combined with a list", async () => {
    const generators = `    - matrix:
        generators:
          - git:
              files: [{ path: "config/*.json" }]
          - list:
              elements: [{ app: shop }]`;
    const order = set(generators, {
      name: "{{.app}}-{{.cluster.env}}",
      values: "envs/{{.cluster.env}}.yaml",
    });
    const config = {
      "config/a.json": '{ "cluster": { "env": "production" } }',
      "config/b.json": '{ "cluster": { "env": "staging" } }',
    };
    expect(await unitsOf({ ...CHART, ...environments, ...config, ...order })).toEqual(BOTH);
  });

  withHelm("a change of one application's values is a finding about it alone", async () => {
    const generators = "    - list: { elements: [{ env: production }, { env: staging }] }";
    const files = (replicas: number) => ({
      ...CHART,
      ...environments,
      ...set(generators, { name: "shop-{{ .env }}", values: "envs/{{ .env }}.yaml" }),
      "chart/envs/production.yaml": `replicaCount: ${replicas}\n`,
    });
    expect(news(await judged(files(6), files(1)))).toContain(
      "error replica-reduction chart/envs/production.yaml:1",
    );
  });

  withHelm("names that only a cluster knows leave the chart to its own values files", async () => {
    const order = set("    - clusters: {}", { name: "shop-{{.name}}", values: "envs/{{.name}}.yaml" });
    const values = { "chart/values-production.yaml": "replicaCount: 6\n" };
    expect(await unitsOf({ ...CHART, ...values, ...order })).toEqual([
      "chart (values-production.yaml): production, 6 replicas",
    ]);
  });
});
