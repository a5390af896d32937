import { describe, expect } from "@jest/globals";
import { chart, rendered, withHelm, type Files } from "./tools.ts";

const CHART: Files = {
  "charts/web/Chart.yaml": chart("web"),
  "charts/web/templates/map.yaml":
    'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: "{{ .Release.Name }}-settings", namespace: "{{ .Release.Namespace }}" }\n',
};

const application = (helm: string) => `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: { name: shop, namespace: argocd }
spec:
  destination: { namespace: store }
  source: { repoURL: https://git.example.com/shop, path: charts/web, helm: { ${helm} } }
`;

const helmRelease = (spec: string, name = "shop") => `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: { name: ${name}, namespace: apps }
spec:
  chart: { spec: { chart: charts/web, sourceRef: { kind: GitRepository, name: shop } } }
  ${spec}
`;

const helmfile = (item: string) => `environments: { production: {} }
---
releases:
  - { chart: ./charts/web, ${item} }
`;

const LONG = "a-name-that-is-longer-than-what-helm-takes-for-its-releases";

/** `namespace/name` of what the chart makes where an order says how it is installed. */
async function made(order: Files): Promise<string[]> {
  const { head } = await rendered(
    { ...CHART, ...order },
    { ...CHART, ...order, "charts/web/values.yaml": "" },
  );
  return head.units
    .flatMap(({ manifests }) => manifests)
    .flatMap(({ kind, namespace, name }) => (kind === "ConfigMap" ? [`${namespace}/${name}`] : []))
    .sort();
}

describe("charts are rendered under the name and in the namespace", () => {
  const cases: readonly (readonly [string, Files, string])[] = [
    ["of an Application", { "app.yaml": application("") }, "store/shop-settings"],
    [
      "that an Application gives its release",
      { "app.yaml": application("releaseName: eshop") },
      "store/eshop-settings",
    ],
    ["of a HelmRelease", { "release.yaml": helmRelease("interval: 1m") }, "apps/shop-settings"],
    [
      "that a HelmRelease targets, which is a part of its name",
      { "release.yaml": helmRelease("targetNamespace: store") },
      "store/store-shop-settings",
    ],
    [
      "that a HelmRelease says",
      { "release.yaml": helmRelease("targetNamespace: store\n  releaseName: eshop") },
      "store/eshop-settings",
    ],
    [
      "of a HelmRelease, cut as Flux cuts it",
      { "release.yaml": helmRelease("interval: 1m", LONG) },
      // The first forty characters, and twelve of the SHA-256 of all.
      "apps/a-name-that-is-longer-than-what-helm-tak-3090aaa4feca-settings",
    ],
    [
      "that a helmfile says",
      { "helmfile.yaml": helmfile("name: shop, namespace: store") },
      "store/shop-settings",
    ],
    ["of the chart where nothing tells", {}, "default/web-settings"],
    [
      "of the chart where only a cluster could tell",
      { "app.yaml": application('releaseName: "{{cluster}}-shop"') },
      "store/web-settings",
    ],
  ];

  for (const [name, order, expected] of cases) {
    withHelm(name, async () => {
      expect(await made(order)).toEqual([expected]);
    });
  }

  withHelm("of each of several helmfile releases of one chart", async () => {
    const items = ["name: east, namespace: a", "name: west, namespace: b"].map(
      (item) => `  - { chart: ./charts/web, ${item} }\n`,
    );
    expect(await made({ "helmfile.yaml": `releases:\n${items.join("")}` })).toEqual([
      "a/east-settings",
      "b/west-settings",
    ]);
  });
});
