import { describe, expect, test } from "@jest/globals";
import { environmentOf } from "../../src/renderers/environment.ts";
import { render } from "../../src/renderers/index.ts";
import { treeOf } from "../engine/files.ts";

const object = (kind: string, name: string, namespace?: string) =>
  `apiVersion: v1\nkind: ${kind}\nmetadata: { name: ${name}${namespace ? `, namespace: ${namespace}` : ""} }\n`;

/** Which unit each file belongs to. */
async function unitsOf(files: Readonly<Record<string, string>>, base: Readonly<Record<string, string>> = {}) {
  const { head } = await render(treeOf(base, "base"), treeOf(files));
  return Object.fromEntries(head.units.map((unit) => [unit.id, unit.manifests.map(({ path }) => path)]));
}

describe("folders of plain manifests", () => {
  test("one application in several folders is one unit", async () => {
    const units = await unitsOf({
      "k8s/web/service.yaml": object("Service", "web"),
      "k8s/web/config.yaml": object("ConfigMap", "web"),
      "k8s/policies/budgets/web.yaml": object("Secret", "web"),
    });
    expect(Object.values(units)).toEqual([
      ["k8s/policies/budgets/web.yaml", "k8s/web/config.yaml", "k8s/web/service.yaml"],
    ]);
  });

  test("environments that write the same objects stay apart, each whole", async () => {
    const units = await unitsOf({
      "deploy/production/api/a.yaml": object("Service", "api"),
      "deploy/production/web/b.yaml": object("Service", "web"),
      "deploy/staging/api/a.yaml": object("Service", "api"),
      "deploy/staging/web/b.yaml": object("Service", "web"),
    });
    expect(units).toEqual({
      "deploy/production": ["deploy/production/api/a.yaml", "deploy/production/web/b.yaml"],
      "deploy/staging": ["deploy/staging/api/a.yaml", "deploy/staging/web/b.yaml"],
    });
  });

  test("an object of the other side alone keeps environments apart too", async () => {
    const head = {
      "production/a.yaml": object("Service", "api"),
      "staging/b.yaml": object("Service", "web"),
    };
    expect(Object.keys(await unitsOf(head))).toHaveLength(1);
    const base = { ...head, "staging/a.yaml": object("Service", "api") };
    expect(Object.keys(await unitsOf(head, base)).sort()).toEqual(["production", "staging"]);
  });

  test("namespaces make objects different", async () => {
    const units = await unitsOf({
      "apps/a/web.yaml": object("Service", "web", "a"),
      "apps/b/web.yaml": object("Service", "web", "b"),
    });
    expect(Object.values(units)).toEqual([["apps/a/web.yaml", "apps/b/web.yaml"]]);
  });

  test("the order of files changes nothing", async () => {
    const files = {
      "a/x.yaml": object("Service", "x"),
      "b/x.yaml": object("Service", "x"),
      "b/y.yaml": object("Service", "y"),
      "c/z/z.yaml": object("Service", "z"),
    };
    const turned = Object.fromEntries(Object.entries(files).reverse());
    expect(JSON.stringify(await unitsOf(turned))).toBe(JSON.stringify(await unitsOf(files)));
  });
});

describe("what only looks like manifests", () => {
  const patch = "apiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec: { type: NodePort }\n";

  test("a chart's templates are not read as they are written", async () => {
    const { head } = await render(
      treeOf({}, "base"),
      treeOf({
        "chart/Chart.yaml":
          "apiVersion: v2\nname: chart\nversion: 1.0.0\ndependencies: [{ name: x, version: 1.0.0, repository: https://charts.example.com }]\n",
        "chart/templates/service.yaml":
          "{{- if .Values.on }}\napiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .Release.Name }}\n{{- end }}\n",
      }),
    );
    const raw = head.units.flatMap(({ manifests }) => manifests.filter(({ name }) => name.includes("{{")));
    expect(raw).toEqual([]);
  });

  test("a kustomization's patch is no object of its own", async () => {
    const { head } = await render(
      treeOf({}, "base"),
      treeOf({
        "base/kustomization.yaml": "resources: [service.yaml]\n",
        "base/service.yaml": object("Service", "web"),
        "prod/kustomization.yaml": "resources: [../base]\npatches:\n  - path: web.yaml\n",
        "prod/web.yaml": patch,
      }),
    );
    for (const unit of head.units)
      expect(unit.manifests.filter(({ name }) => name === "web")).toHaveLength(1);
  });
});

describe("the environment that a path tells", () => {
  test.each([
    ["k8s/production", "production"],
    ["prod-eu/web", "production"],
    ["clusters/live/apps", "production"],
    ["env/prd1", "production"],
    ["deploy/staging", "staging"],
    ["pre-prod/web", "staging"],
    ["uat2", "staging"],
    ["overlays/dev", "development"],
    ["non-prod/web", "development"],
    ["nonprod", "development"],
    ["sandbox", "development"],
    ["production/preview", "development"],
    ["dev/services/prod", "production"],
    ["product/delivery", "unknown"],
    ["devices/stagecoach", "unknown"],
    [".", "unknown"],
  ])("%s: %s", (path, environment) => {
    expect(environmentOf(path)).toBe(environment);
  });
});

test("what tests are made of is no part of what is deployed beside it", async () => {
  const files = {
    "deploy.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: shop }\n",
    "internal/testdata/db.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: db }\n",
    "internal/testdata/more/queue.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: queue }\n",
  };
  const { head } = await render(treeOf({}, "base"), treeOf(files));
  expect(head.units.map(({ id, environment, manifests }) => [id, environment, manifests.length])).toEqual([
    [".", "unknown", 1],
    ["internal/testdata", "development", 2],
  ]);
});
