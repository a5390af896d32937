import { describe, expect } from "@jest/globals";
import { judged, messages, news, objects, rendered, withKubectl, type Files } from "./tools.ts";

const DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 3
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
        - name: web
          image: web:1.0
          readinessProbe:
            httpGet: { path: /, port: 80 }
`;
const SERVICE = `apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
`;
const BASE: Files = {
  "base/kustomization.yaml": "resources: [web.yaml, service.yaml]\n",
  "base/web.yaml": DEPLOYMENT,
  "base/service.yaml": SERVICE,
};
const overlay = (text: string, more: Files = {}): Files => ({
  ...BASE,
  "production/kustomization.yaml": `resources: [../base]\n${text}`,
  ...more,
});
const patch = (replicas: number) =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web }\nspec:\n  replicas: ${replicas}\n`;

describe("a finding points at what decides it", () => {
  withKubectl("a patch file", async () => {
    const files = (replicas: number) =>
      overlay("patches: [{ path: web.yaml }]\n", { "production/web.yaml": patch(replicas) });
    expect(news(await judged(files(3), files(1)))).toContain("error replica-reduction production/web.yaml:5");
  });

  withKubectl("an inline patch", async () => {
    const files = (replicas: number) =>
      overlay(`patches:\n  - patch: |-\n${patch(replicas).replace(/^(?=.)/gm, "      ")}`);
    expect(news(await judged(files(3), files(1)))).toContainEqual(
      expect.stringMatching(/^error replica-reduction production\/kustomization\.yaml:8$/),
    );
  });

  withKubectl("a JSON patch", async () => {
    const files = (replicas: number) =>
      overlay(
        `patches:\n  - target: { kind: Deployment, name: web }\n    patch: |-\n      - op: replace\n        path: /spec/replicas\n        value: ${replicas}\n`,
      );
    expect(news(await judged(files(3), files(1)))).toContainEqual(
      expect.stringMatching(/^error replica-reduction production\/kustomization\.yaml:[5-7]$/),
    );
  });

  withKubectl("replicas and images of the kustomization itself", async () => {
    const files = (replicas: number, tag: string) =>
      overlay(
        `replicas:\n  - name: web\n    count: ${replicas}\nimages:\n  - name: web\n    newTag: ${tag}\n`,
      );
    const found = news(await judged(files(3, '"1.0"'), files(1, "latest")));
    expect(found).toContain("error replica-reduction production/kustomization.yaml:4");
    expect(found).toContainEqual(
      expect.stringMatching(/^warning mutable-image production\/kustomization\.yaml:7$/),
    );
  });

  withKubectl("a component's patch", async () => {
    const files = (replicas: number) => ({
      ...overlay("components: [../small]\n"),
      "small/kustomization.yaml":
        "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches: [{ path: web.yaml }]\n",
      "small/web.yaml": patch(replicas),
    });
    expect(news(await judged(files(3), files(1)))).toContain("error replica-reduction small/web.yaml:5");
  });

  withKubectl("the base, where no patch says it", async () => {
    const without = {
      ...overlay("namePrefix: eu-\n"),
      "base/web.yaml": DEPLOYMENT.replace(/ {10}readinessProbe[^]*/, ""),
    };
    expect(news(await judged(overlay("namePrefix: eu-\n"), without))).toContainEqual(
      expect.stringMatching(/^error readiness-removed base\/web\.yaml:1[23]$/),
    );
  });
});

describe("what a kustomization lacks", () => {
  withKubectl("files of the net in a generator are stood in for", async () => {
    const { head } = await rendered(
      overlay(
        "configMapGenerator:\n  - name: board\n    files: [board.json=https://example.com/board.json]\ngeneratorOptions: { disableNameSuffixHash: true }\n",
      ),
      overlay(""),
    );
    expect(objects(head)["production"]).toContain("ConfigMap/board");
    expect(head.notes).toEqual([]);
  });

  withKubectl("patches for objects of a remote base are judged by the meaning of their keys", async () => {
    const files = (replicas: number): Files => ({
      "production/kustomization.yaml":
        "resources: ['https://github.com/example/base//deploy?ref=v1']\npatches: [{ path: web.yaml }]\n",
      "production/web.yaml": patch(replicas),
    });
    const report = await judged(files(6), files(3));
    expect(news(report)).toEqual(["warning values-fewer-replicas production/web.yaml:5"]);
    expect(messages(report)).toContain("Deployment/web");
    expect(messages(report)).toContain("is not in the repository, and nines fetches nothing");
  });

  withKubectl("charts that it inflates are judged by the meaning of their values' keys", async () => {
    const files = (replicas: number) =>
      overlay(
        `helmCharts:\n  - name: redis\n    repo: https://charts.example.com\n    version: 1.0.0\n    valuesInline:\n      replica:\n        replicaCount: ${replicas}\n`,
      );
    const report = await judged(files(3), files(1));
    expect(news(report)).toEqual(["warning values-fewer-replicas production/kustomization.yaml:8"]);
    expect(messages(report)).toContain("helmCharts");
  });

  withKubectl("variables and plugins are left out", async () => {
    const { head } = await rendered(
      overlay(
        "vars: [{ name: HOST, objref: { kind: ConfigMap, name: none, apiVersion: v1 }, fieldref: { fieldpath: data.HOST } }]\ngenerators: [ksops.yaml]\n",
        {
          "production/ksops.yaml":
            "apiVersion: viaduct.ai/v1\nkind: ksops\nmetadata: { name: secrets }\nfiles: [secret.enc.yaml]\n",
        },
      ),
      overlay(""),
    );
    expect(objects(head)["production"]).toContain("Deployment/web");
    expect(messages(head)).toContain("Plugins of this kustomization were not run");
  });
});

describe("Flux variables", () => {
  const files = (replicas: string): Files => ({
    "clusters/prod/apps.yaml": `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: apps, namespace: flux-system }
spec:
  path: ./apps
  postBuild:
    substitute: { REPLICAS: "${replicas}" }
    substituteFrom: [{ kind: ConfigMap, name: settings }]
`,
    "clusters/prod/settings.yaml":
      "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: settings, namespace: flux-system }\ndata: { TAG: '2.0' }\n",
    "apps/kustomization.yaml": "resources: [web.yaml, service.yaml]\n",
    "apps/web.yaml": DEPLOYMENT.replace("replicas: 3", "replicas: ${REPLICAS:=2}").replace(
      "web:1.0",
      "web:${TAG}",
    ),
    "apps/service.yaml": SERVICE,
  });

  withKubectl("get the values of the Kustomization that applies them", async () => {
    const { head } = await rendered(files("3"), files("4"));
    const web = head.units.flatMap(({ manifests }) => manifests).find(({ kind }) => kind === "Deployment");
    expect(web?.get("spec", "replicas")).toBe(3);
    expect(web?.get("spec", "template", "spec", "containers", 0, "image")).toBe("web:2.0");
    expect(news(await judged(files("3"), files("1")))).toContain(
      "error replica-reduction clusters/prod/apps.yaml:7",
    );
  });
});
