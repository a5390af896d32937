import { describe, expect, test } from "@jest/globals";
import { commandsOf } from "../../src/pipelines/commands.ts";
import { newStep } from "../../src/pipelines/reading.ts";
import { treeOf } from "./trees.ts";

const AT = { side: "head" as const, path: "x", line: 1, column: 1, endLine: 1, endColumn: 1 };

/** What a command comes to, through the scripts of a repository. */
const runs = (command: string, files: Readonly<Record<string, string>>): string[] =>
  commandsOf(newStep(AT, { run: command }), treeOf(files)).map(({ texts, folder }) =>
    folder === "" ? (texts[0] ?? "") : `${folder}$ ${texts[0] ?? ""}`,
  );

const packages = (scripts: Record<string, unknown>, name = "root"): string =>
  JSON.stringify({ name, scripts });

describe("package.json", () => {
  const files = {
    "package.json": packages({
      test: "run-s lint test:*",
      lint: "eslint .",
      "test:unit": "jest",
      "test:e2e": "playwright test",
      ci: "npm-run-all --parallel lint test:unit",
    }),
    "packages/web/package.json": packages({ test: "vitest run" }, "@shop/web"),
    "packages/api/package.json": packages({ test: "mocha", build: "tsc" }, "@shop/api"),
  };

  test.each<[string, string[]]>([
    ["npm test", ["eslint .", "jest", "playwright test"]],
    ["npm run ci", ["eslint .", "jest"]],
    ["npm run test:unit -- --coverage", ["jest"]],
    ["yarn test:unit", ["jest"]],
    ["pnpm run test:unit", ["jest"]],
    ["npm --prefix packages/web test", ["packages/web$ vitest run"]],
    ["npm test --prefix packages/web", ["packages/web$ vitest run"]],
    ["npm test -w @shop/api", ["packages/api$ mocha"]],
    ["npm test --workspace=packages/web", ["packages/web$ vitest run"]],
    ["npm run test --workspaces", ["packages/web$ vitest run", "packages/api$ mocha"]],
    ["yarn workspace @shop/web test", ["packages/web$ vitest run"]],
    ["yarn workspaces run test", ["packages/web$ vitest run", "packages/api$ mocha"]],
    ["yarn workspaces foreach -A run test", ["packages/web$ vitest run", "packages/api$ mocha"]],
    ["yarn --cwd packages/api test", ["packages/api$ mocha"]],
    ["pnpm -r test", ["packages/web$ vitest run", "packages/api$ mocha"]],
    ["pnpm --filter @shop/web test", ["packages/web$ vitest run"]],
    ["pnpm --filter web... run test", ["packages/web$ vitest run"]],
    ["pnpm -C packages/api test", ["packages/api$ mocha"]],
    ["npm ci", ["npm ci"]],
    ["npm run gone", ["npm run gone"]],
    ["pnpm --filter gone test", ["pnpm --filter gone test"]],
  ])("%s", (command, expected) => {
    expect(runs(command, files)).toEqual(expected);
  });

  test("scripts that call each other end", () => {
    expect(runs("npm run a", { "package.json": packages({ a: "run-p a b", b: "npm run a" }) })).not.toEqual(
      [],
    );
  });
});

describe("Makefile", () => {
  const files = {
    Makefile: `include common.mk
.PHONY: all test
GO := go
all: lint \\
  test ## everything
test: unit | database
\t@$(MAKE) e2e
unit: ; go test ./...
e2e:
ifeq ($(CI),true)
\t-newman run shop.json
endif
# a comment between
\tplaywright test $$SUITE
database:
\tdocker compose up -d
`,
    "common.mk": "lint:\n\tgolangci-lint run\n",
    "api/Makefile": "test:\n\tpytest\n",
  };

  test.each<[string, string[]]>([
    [
      "make test",
      [
        "go test ./...",
        "docker compose up -d",
        "[ ${CI} = true ]",
        "newman run shop.json",
        "true",
        "playwright test $SUITE",
      ],
    ],
    ["make lint unit", ["golangci-lint run", "go test ./..."]],
    ["make -C api test", ["api$ pytest"]],
    ["make -Capi test V=1", ["api$ pytest"]],
    ["make -j 4 -f api/Makefile test", ["pytest"]],
    ["cd api && make", ["api$ cd api", "api$ pytest"]],
    ["make gone", ["make gone"]],
  ])("%s", (command, expected) => {
    expect(runs(command, files)).toEqual(expected);
  });

  test("a recipe that may fail is swallowed", () => {
    const commands = commandsOf(newStep(AT, { run: "make test" }), treeOf(files));
    const newman = commands.find(({ texts }) => texts.includes("newman run shop.json"));
    expect(newman?.swallowed).toContain("|| true");
  });
});

test("a justfile with dependencies before and after, and parameters", () => {
  const files = {
    justfile:
      "default: test\n\n[private]\nbuild target='x':\n  go build {{target}}\n\ntest suite='all': (build 'a') && report\n  @go test ./...\n\nreport:\n  echo done\n",
  };
  const all = ["go build {{target}}", "go test ./...", "echo done"];
  expect(runs("just test", files)).toEqual(all);
  expect(runs("just", files)).toEqual(all);
});

test("a Taskfile with dependencies, tasks as commands, and what it includes", () => {
  const files = {
    "Taskfile.yml": `version: 3
includes: { api: ./api }
tasks:
  default: { deps: [lint], cmds: [{ task: unit }, { cmd: newman run x.json, ignore_error: true }, "task api:test"] }
  lint: golangci-lint run
  unit:
    dir: src
    cmds: ["go test {{.ARGS}}", { defer: rm -rf tmp }]
`,
    "api/Taskfile.yml": "tasks: { test: { cmds: [pytest] } }\n",
  };
  expect(runs("task", files)).toEqual([
    "golangci-lint run",
    "src$ go test {{.ARGS}}",
    "newman run x.json",
    "true",
    "pytest",
  ]);
  expect(runs("task -d api test", files)).toEqual(["api$ pytest"]);
});

test("scripts of Composer call PHP, and each other", () => {
  const files = { "composer.json": packages({ test: ["@lint", "@php vendor/bin/phpunit"], lint: "phpcs" }) };
  expect(runs("composer run-script test", files)).toEqual(["phpcs", "php vendor/bin/phpunit"]);
});

describe("a script of the repository", () => {
  const swallowed = (command: string, text: string): string | undefined =>
    commandsOf(newStep(AT, { run: command }), treeOf({ "ci/test.sh": text })).find(
      ({ texts }) => texts[0] === "go test",
    )?.swallowed;

  test.each([
    ["./ci/test.sh", "#!/bin/bash\ngo test\necho done\n"],
    ["bash ci/test.sh", "set -e\nset +e\ngo test\necho done\n"],
  ])("%s goes on after a failure: %j", (command, text) => {
    expect(swallowed(command, text)).toBeDefined();
  });

  test.each([
    ["./ci/test.sh", "#!/bin/bash -e\ngo test\necho done\n"],
    ["./ci/test.sh", "#!/bin/bash\nset -euo pipefail\ngo test\necho done\n"],
    ["bash -e ci/test.sh", "go test\necho done\n"],
    ["bash -x -e ci/test.sh", "go test\necho done\n"],
    [". ci/test.sh", "go test\necho done\n"],
    ["./ci/test.sh", "#!/bin/sh\necho begin\ngo test\n"],
    ["./ci/test.sh", "#!/bin/sh\nrun() {\n  go test\n}\nrun\n"],
  ])("%s ends with it: %j", (command, text) => {
    expect(swallowed(command, text)).toBeUndefined();
  });
});
