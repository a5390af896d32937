import { expect, test } from "@jest/globals";
import { expectFound } from "./changes.ts";
import { suite } from "./suite.ts";
import { cellOf, deliveryOf } from "./trees.ts";

const run = (test_: string, deploy: string, step = ""): string => `apiVersion: tekton.dev/v1
kind: PipelineRun
metadata:
  name: release
  annotations:
    pipelinesascode.tekton.dev/on-event: "[push]"
    pipelinesascode.tekton.dev/on-target-branch: "[main]"
spec:
  params:
    - name: revision
      value: {{ revision }}
  pipelineSpec:
    tasks:
      - name: test
${test_}        taskSpec:
          steps:
            - name: unit
              image: golang
${step}              script: |
                #!/usr/bin/env bash
                set -e
                go test ./...
      - name: deploy-production
        taskSpec:
          steps:
            - image: bitnami/kubectl
              command: [kubectl]
              args: [apply, -f, k8s/production/]
${deploy}`;
const AFTER = "        runAfter: [test]\n";

suite("Tekton, by Pipelines as Code", {
  path: ".tekton/release.yaml",
  base: run("", AFTER),
  unsafe: [
    [
      "onError of the task",
      run("        onError: continue # <- here\n", AFTER),
      /Task test now has `onError: continue`/,
    ],
    [
      "onError of the step",
      run("", AFTER, "              onError: continue # <- here\n"),
      /now has `onError: continue`/,
    ],
    [
      "runAfter dropped",
      run("", "").replace("name: deploy-production", "name: deploy-production # <- here"),
      /no longer needs test/,
    ],
    [
      "a guard before the test",
      run(
        '        when: [{ input: "$(params.fast)", operator: notin, values: ["true"] }] # <- here\n',
        AFTER,
      ),
      /now runs only if/,
    ],
    [
      "a deploy in finally",
      run("", "").replace(
        "      - name: deploy-production",
        "    finally:\n      - name: deploy-production # <- here",
      ),
      /deploy-production/,
    ],
    [
      "an interpreter that goes on",
      run("", AFTER).replace(
        "set -e\n                go test ./...",
        "go test ./... # <- here\n                echo done",
      ),
      /no `set -e`/,
    ],
  ],
  safe: [
    ["retries", run("        retries: 2\n", AFTER)],
    [
      "a guard of the deploy",
      run("", `${AFTER}        when: [{ input: "{{ source_branch }}", operator: in, values: [main] }]\n`),
    ],
    [
      "a script without an interpreter ends at once",
      run("", AFTER).replace("                #!/usr/bin/env bash\n                set -e\n", ""),
    ],
    [
      "a deploy in finally once all succeeded",
      run("", '        when: [{ input: "$(tasks.status)", operator: in, values: [Succeeded] }]\n').replace(
        "      - name: deploy-production",
        "    finally:\n      - name: deploy-production",
      ),
    ],
  ],
});

const pipeline = (after: string): Record<string, string> => ({
  "ci/pipeline.yaml": `apiVersion: tekton.dev/v1
kind: Pipeline
metadata: { name: release }
spec:
  tasks:
    - name: test
      taskRef: { name: go-test }
    - name: deploy-production # <- here
      taskRef: { name: ship }
${after}`,
  "ci/tasks.yaml": `apiVersion: tekton.dev/v1
kind: Task
metadata: { name: go-test }
spec: { steps: [{ image: golang, script: go test ./... }] }
---
apiVersion: tekton.dev/v1
kind: Task
metadata: { name: ship }
spec: { steps: [{ image: alpine/helm, args: [upgrade, --install, shop, ./chart] }] }
`,
});

test("tasks of other files are put in", () => {
  expect(cellOf(deliveryOf(pipeline("      runAfter: [test]\n")), "unit")?.verdict).toBe("required");
  expectFound(pipeline("      runAfter: [test]\n"), pipeline(""), /no longer needs test/);
});

test("who uses a result of a task waits for its success", () => {
  const files = pipeline('      params: [{ name: image, value: "$(tasks.test.results.image)" }]\n');
  expect(cellOf(deliveryOf(files), "unit")?.verdict).toBe("required");
});

test("a task from elsewhere makes nothing absent", () => {
  const files = pipeline("      runAfter: [test]\n");
  const text = (files["ci/pipeline.yaml"] ?? "").replace(
    "taskRef: { name: go-test }",
    "taskRef: { resolver: hub, params: [{ name: name, value: golang-test }] }",
  );
  expect(cellOf(deliveryOf({ ...files, "ci/pipeline.yaml": text }), "unit")?.verdict).toBe("unknown");
});

test("a pipeline from elsewhere is unknown", () => {
  const text = `apiVersion: tekton.dev/v1
kind: PipelineRun
metadata: { generateName: deploy-production- }
spec: { pipelineRef: { resolver: git, params: [{ name: url, value: "https://example.com/x" }] } }
`;
  expect(deliveryOf({ ".tekton/x.yaml": text }).opaque).toHaveLength(2);
});
