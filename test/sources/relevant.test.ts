import { expect, test } from "@jest/globals";
import { MAX_FILE_BYTES, MAX_SCRIPT_BYTES, oversized, relevance } from "../../src/sources/relevant.ts";

test.each([
  "deploy/web.yaml",
  "deploy/web.yml",
  "web.json",
  ".k8s/live/production/service.yaml",
  "chart/Chart.yaml",
  "chart/values-production.yaml",
  "chart/templates/_helpers.tpl",
  "chart/templates/deployment.yaml",
  "helmfile.yaml",
  "helmfile/overrides/api.yaml.gotmpl",
  "k8s/deployment.yaml.j2",
  "kubernetes/deployment-production.tmpl",
  "overlays/prod/kustomization.yaml",
  "overlays/prod/Kustomization",
  "vendor/app/testdata/service.yaml",
])("%s can be a manifest", (path) => {
  expect(relevance(path)).toBe("manifest");
});

test.each([
  ".github/workflows/deploy.yml",
  ".github/workflows/deploy.yaml",
  ".github/actions/test/action.yml",
  "action.yml",
  "Jenkinsfile",
  "ci/Jenkinsfile_k8s",
  ".gitlab-ci.yml",
  ".gitlab/ci/deploy.yml",
  "ci/test.gitlab-ci.yml",
  ".circleci/config.yml",
  "azure-pipelines.yml",
  "azure-pipelines-release.yaml",
  ".travis.yml",
  "bitbucket-pipelines.yml",
  "cloudbuild.yaml",
  ".buildkite/pipeline.yml",
  ".drone.yml",
  ".woodpecker.yml",
  ".woodpecker/test.yaml",
  ".tekton/push.yaml",
  ".drone.jsonnet",
  ".drone.star",
  "appveyor.yml",
  ".prow.yaml",
  ".prow/test.yaml",
  ".teamcity/settings.kts",
  ".harness/pipeline.yaml",
  "buildspec.yml",
  "service/buildspec-deploy.yml",
  "Earthfile",
  "dagger.json",
  "release.gocd.yaml",
  "screwdriver.yaml",
  "wercker.yml",
  "codefresh.yml",
  "codemagic.yaml",
  "bamboo-specs/bamboo.yaml",
  ".zuul.yaml",
  "zuul.d/jobs.yaml",
  "ci/pipeline.yml",
  "ci/pipelines/release.yml",
  "composer.json",
  "Makefile.toml",
  "package.json",
  "services/web/package.json",
  "Makefile",
  "justfile",
  "Taskfile.yml",
  "scripts/test.sh",
  "k6/checkout.js",
  "tests/performance/spike.ts",
  "scripts/load-test.js",
  "load.js",
  "jest.config.ts",
  "packages/web/vitest.config.mts",
  ".nycrc",
  "pyproject.toml",
  "pom.xml",
  "codecov.yml",
])("%s belongs to a pipeline", (path) => {
  expect(relevance(path)).toBe("pipeline");
});

test.each([".github/nines.yml", "nines.yml"])("%s is policy", (path) => {
  expect(relevance(path)).toBe("policy");
});

test.each([
  "README.md",
  "src/index.ts",
  "src/loader.ts",
  "src/load-more.js",
  ".github/dependabot.yml",
  ".github/ISSUE_TEMPLATE/bug.yml",
  ".pre-commit-config.yaml",
  ".eslintrc.json",
  "tsconfig.json",
  "tsconfig.build.json",
  "package-lock.json",
  "pnpm-lock.yaml",
  "docker-compose.yml",
  "compose.override.yaml",
  "node_modules/x/package.json",
  "web/node_modules/x/deployment.yaml",
  ".vscode/settings.json",
  "src/locales/de.json",
  "yaml",
])("%s does not matter", (path) => {
  expect(relevance(path)).toBeUndefined();
});

test("a file over its limit is noted with its size and the limit", () => {
  expect(oversized("crd.yaml", MAX_FILE_BYTES)).toBeUndefined();
  expect(oversized("crd.yaml", MAX_FILE_BYTES + 1)).toMatchObject({
    path: "crd.yaml",
    message: expect.stringContaining("1,000,001 bytes"),
  });
  expect(oversized("get.sh", MAX_SCRIPT_BYTES + 1)?.message).toContain("64,000");
});
