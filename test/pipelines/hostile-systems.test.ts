import { describe, expect, test } from "@jest/globals";
import { deliveryOf } from "./trees.ts";

describe("hostile files of other systems end in a note, or in little work", () => {
  const many = (count: number, line: (n: number) => string): string =>
    Array.from({ length: count }, (_, n) => line(n)).join("");

  test.each([
    ["Jenkinsfile", "{".repeat(100_000), "nested"],
    ["Jenkinsfile", "pipeline { stages { stage('x') { ".repeat(5_000), "nested"],
    [
      "Jenkinsfile",
      `node {\n${many(1_200, (n) => `stage('s${String(n)}') { sh 'go test' }\n`)}}`,
      "1000 jobs",
    ],
    ["Jenkinsfile", "x ".repeat(300_000), "tokens"],
    [".gitlab-ci.yml", many(1_200, (n) => `j${String(n)}:\n  script: [go test]\n`), "1000 jobs"],
    [".gitlab-ci.yml", `a: &a [x,x]\nb: &b [*a,*a]\nc: ${"[".repeat(90)}\n`, "nested"],
    [
      ".circleci/config.yml",
      `jobs: { a: { steps: [x] } }\ncommands:\n${many(12, (n) => `  ${n === 0 ? "x" : `c${String(n)}`}: { steps: [${Array.from({ length: 9 }, () => `c${String(n + 1)}`).join(", ")}] }\n`)}workflows: { w: { jobs: [a] } }\n`,
      "followed",
    ],
  ])("%s %#", (path, text, message) => {
    const { notes } = deliveryOf({ [path]: text });
    expect(notes.some((note) => note.path === path && note.message.includes(message))).toBe(true);
  });

  test("a stage of many deploys after a stage of many tests", () => {
    const text = many(
      450,
      (n) =>
        `t${String(n)}:\n  stage: test\n  script: [go test]\nd${String(n)}:\n  stage: deploy\n  script: [kubectl apply -f prod]\n`,
    );
    expect(deliveryOf({ ".gitlab-ci.yml": text }).notes).toMatchObject([
      { message: expect.stringContaining("too large to play through") },
    ]);
  });

  test("needs that go in a circle", () => {
    const text = "a: { stage: test, needs: [b], script: [x] }\nb: { stage: test, needs: [a], script: [x] }\n";
    expect(deliveryOf({ ".gitlab-ci.yml": text }).notes).toMatchObject([
      { message: expect.stringContaining("waits for itself") },
    ]);
  });

  test("files that extend and include themselves", () => {
    const text =
      "include: [{ local: .gitlab-ci.yml }]\n.a: { extends: .b }\n.b: { extends: .a }\nt: { extends: .a, script: [go test] }\n";
    expect(deliveryOf({ ".gitlab-ci.yml": text }).evidence).toHaveLength(1);
  });

  test("names that are patterns which never end", () => {
    const pattern = "/(a+)+$/";
    const text = `jobs: { t: { steps: [{ run: go test }] } }\nworkflows: { w: { jobs: [{ t: { filters: { branches: { only: "${pattern}" } } } }] } }\n`;
    expect(deliveryOf({ ".circleci/config.yml": text }).evidence).toHaveLength(1);
  });
});
