import { describe, expect, test } from "@jest/globals";
import { deliveryOf } from "./trees.ts";

const many = (count: number, line: (n: number) => string): string =>
  Array.from({ length: count }, (_, n) => line(n)).join("");

const object = (group: string, kind: string, spec: string): string =>
  `apiVersion: ${group}/v1\nkind: ${kind}\nmetadata: { name: x }\nspec:\n${spec}`;

/** A list without end of steps, in each system's form. */
const LONG: readonly (readonly [path: string, text: string])[] = [
  ["cloudbuild.yaml", `steps:\n${many(1_200, () => "  - { name: golang, script: go test }\n")}`],
  [".travis.yml", `jobs:\n  include:\n${many(1_200, () => "    - { script: go test }\n")}`],
  [".buildkite/pipeline.yml", `steps:\n${many(1_200, () => "  - command: go test\n  - wait\n")}`],
  [
    "bitbucket-pipelines.yml",
    `pipelines:\n  default:\n${many(1_200, () => "    - step: { script: [go test] }\n")}`,
  ],
  [".drone.yml", `kind: pipeline\nsteps:\n${many(1_200, () => "  - { name: a, commands: [go test] }\n")}`],
  [".woodpecker.yml", `steps:\n${many(1_200, (n) => `  s${String(n)}: { commands: [go test] }\n`)}`],
  [
    ".tekton/x.yaml",
    object(
      "tekton.dev",
      "Pipeline",
      `  tasks:\n${many(1_200, (n) => `    - { name: t${String(n)}, taskSpec: { steps: [{ script: go test }] } }\n`)}`,
    ),
  ],
  [
    "ci/argo.yaml",
    object(
      "argoproj.io",
      "Workflow",
      `  entrypoint: m\n  templates:\n    - { name: t, script: { source: go test } }\n    - name: m\n      steps:\n${many(1_200, (n) => `        - [{ name: s${String(n)}, template: t }]\n`)}`,
    ),
  ],
];

describe("a list without end ends in a note", () => {
  test.each(LONG)("%s", (path, text) => {
    expect(deliveryOf({ [path]: text }).notes).toMatchObject([
      { path, message: expect.stringContaining("1000 jobs") },
    ]);
  });
});

/** Two that wait for each other. */
const CYCLES: readonly (readonly [path: string, text: string])[] = [
  ["cloudbuild.yaml", "steps:\n  - { id: a, name: x, waitFor: [b] }\n  - { id: b, name: x, waitFor: [a] }\n"],
  [
    ".buildkite/pipeline.yml",
    "steps:\n  - { key: a, command: x, depends_on: b }\n  - { key: b, command: x, depends_on: a }\n",
  ],
  [
    ".drone.yml",
    "steps:\n  - { name: a, commands: [x], depends_on: [b] }\n  - { name: b, commands: [x], depends_on: [a] }\n",
  ],
  [
    ".woodpecker.yml",
    "steps:\n  a: { commands: [x], depends_on: [b] }\n  b: { commands: [x], depends_on: [a] }\n",
  ],
  [
    ".tekton/x.yaml",
    object(
      "tekton.dev",
      "Pipeline",
      "  tasks:\n    - { name: a, runAfter: [b] }\n    - { name: b, runAfter: [a] }\n",
    ),
  ],
  [
    "ci/argo.yaml",
    object(
      "argoproj.io",
      "Workflow",
      "  entrypoint: m\n  templates:\n    - name: m\n      dag: { tasks: [{ name: a, template: x, depends: b }, { name: b, template: x, depends: a }] }\n",
    ),
  ],
];

describe("who waits for oneself is said to", () => {
  test.each(CYCLES)("%s", (path, text) => {
    expect(deliveryOf({ [path]: text }).notes).toMatchObject([
      { path, message: expect.stringContaining("waits for itself") },
    ]);
  });
});

const WRONG = [
  "",
  "x",
  "- 1\n- [2]\n",
  "steps: 3\n",
  "steps: [null, 1, [], {}]\n",
  "pipelines: []\n",
  "jobs: { include: 4 }\n",
  "kind: pipeline\nsteps: { a: 1 }\n",
  "steps: [{ name: [], args: {}, waitFor: {} }]\n",
  "a: &a [*a]\n",
  `a: ${"[".repeat(90)}\n`,
];

describe("what makes no sense throws nothing", () => {
  test.each(LONG.map(([path]) => path))("%s", (path) => {
    for (const text of [
      ...WRONG,
      ...WRONG.map((spec) => object("tekton.dev", "Pipeline", spec.replaceAll(/^/gm, "  "))),
      ...WRONG.map((spec) => object("argoproj.io", "Workflow", spec.replaceAll(/^/gm, "  "))),
    ])
      expect(() => deliveryOf({ [path]: text })).not.toThrow();
  });
});

test("templates of Argo that multiply end in a note", () => {
  const calls = (level: number): string =>
    `    - name: l${String(level)}\n      steps: [[${Array.from({ length: 12 }, (_, n) => `{ name: c${String(n)}, template: l${String(level + 1)} }`).join(", ")}]]\n`;
  const spec = `  entrypoint: l0\n  templates:\n${many(9, calls)}    - { name: l9, script: { source: go test } }\n`;
  const { notes } = deliveryOf({ "ci/argo.yaml": object("argoproj.io", "Workflow", spec) });
  expect(notes).toMatchObject([{ message: expect.stringContaining("1000 jobs") }]);
});

test("a condition that nests deeply is not read", () => {
  const text = `steps:\n  - { command: go test, if: "${"(".repeat(5_000)}true" }\n`;
  expect(deliveryOf({ ".buildkite/pipeline.yml": text }).evidence).toHaveLength(1);
});

describe("systems that are recognised only", () => {
  test.each([
    ["appveyor.yml", "AppVeyor"],
    [".semaphore/semaphore.yml", "Semaphore"],
    [".prow.yaml", "Prow"],
    [".teamcity/settings.kts", "TeamCity"],
    [".harness/pipeline.yaml", "Harness"],
    ["buildspec.yml", "CodeBuild"],
    ["Earthfile", "Earthly"],
    ["dagger.json", "Dagger"],
    ["release.gocd.yaml", "GoCD"],
    ["screwdriver.yaml", "Screwdriver"],
    ["wercker.yml", "Wercker"],
    ["codefresh.yml", "Codefresh"],
    ["codemagic.yaml", "Codemagic"],
    ["bamboo-specs/bamboo.yaml", "Bamboo"],
    [".zuul.yaml", "Zuul"],
    [".drone.jsonnet", "Drone"],
    [".drone.star", "Drone"],
  ])("%s is named", (path, name) => {
    const { notes, opaque } = deliveryOf({ [path]: "x" });
    expect(notes).toMatchObject([
      { path, message: expect.stringContaining(`This ${name} pipeline is present and was not analysed`) },
    ]);
    expect(opaque).toContain(path);
  });

  test("Concourse is told by what its file holds", () => {
    const text = "resources:\n- name: repo\njobs:\n- name: test\n";
    expect(deliveryOf({ "ci/pipeline.yml": text }).opaque).toEqual(["ci/pipeline.yml"]);
    expect(deliveryOf({ "ci/pipeline.yml": "kind: Service\n" }).opaque).toEqual([]);
  });

  test("a CodePipeline is found in its stack", () => {
    expect(
      deliveryOf({ "stack.yaml": "Resources: { P: { Type: 'AWS::CodePipeline::Pipeline' } }\n" }).opaque,
    ).toEqual(["stack.yaml"]);
  });
});
