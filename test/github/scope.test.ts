import { expect, test } from "@jest/globals";
import { deploymentFolder, deploymentScope, folderScope } from "../../src/github/scope.ts";

test.each([
  ["apps/shop/overlays/prod/kustomization.yaml", "apps/shop"],
  ["apps/shop/base/app.yaml", "apps/shop"],
  ["charts/shop/templates/app.yaml", "charts/shop"],
  ["k8s/app.yaml", "k8s"],
  ["base/app.yaml", "base"],
  ["app.yaml", ""],
])("what %s is a part of is deployed from %j", (path, folder) => {
  expect(deploymentFolder(path)).toBe(folder);
});

const PATHS = [
  "apps/shop/base/app.yaml",
  "apps/shop/overlays/prod/x.yaml",
  "apps/shop/overlays/dev/x.yaml",
  "apps/blog/app.yaml",
  "apps/all.yaml",
  "root.yaml",
  ".github/workflows/ci.yml",
];
const CHANGED = ["apps/shop/overlays/prod/x.yaml"];

test("the deployment around a change is held whole, with the files beside its ancestors and the settings", () => {
  expect(PATHS.filter(deploymentScope(CHANGED).holds)).toEqual(
    PATHS.filter((path) => !path.includes("blog")),
  );
});

test("the narrow scope holds the changed folders and those above them", () => {
  expect(PATHS.filter(folderScope(CHANGED).holds)).toEqual([
    "apps/shop/overlays/prod/x.yaml",
    "apps/all.yaml",
    "root.yaml",
    ".github/workflows/ci.yml",
  ]);
});
