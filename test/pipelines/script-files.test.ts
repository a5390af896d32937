import { describe, expect, test } from "@jest/globals";
import { commandsOf } from "../../src/pipelines/commands.ts";
import { newStep } from "../../src/pipelines/reading.ts";
import { ship } from "./rows.ts";
import { cellOf, deliveryOf, job, treeOf, workflow } from "./trees.ts";

const AT = { side: "head" as const, path: "x", line: 1, column: 1, endLine: 1, endColumn: 1 };

/** What a command comes to, through the scripts of a repository; `!` where its failure is passed over. */
const runs = (command: string, files: Readonly<Record<string, string>>): string[] =>
  commandsOf(newStep(AT, { run: command }), treeOf(files))
    .filter(({ texts }) => texts[0] !== "true")
    .map(({ texts, swallowed }) => `${swallowed === undefined ? "" : "! "}${texts[0] ?? ""}`);

const expectEach = (
  rows: readonly (readonly [string, string[]])[],
  files: Readonly<Record<string, string>>,
) => {
  test.each(rows)("%s", (command, expected) => {
    expect(runs(command, files)).toEqual(expected);
  });
};

describe("tox.ini", () => {
  const ini = `[tox]
envlist =
    py{312,313}, lint  # as in CI
    e2e

[testenv]
deps = pytest
commands =
    lint: ruff check .
    !lint: pytest {posargs:tests} \\
        --strict-markers

[testenv:e2e]
commands = {[base]commands}
    - playwright test

[testenv:docs]
ignore_outcome = true
commands = sphinx-build docs

[base]
commands = {envpython} -m behave
`;
  const tests = "pytest tests --strict-markers";
  expectEach(
    [
      ["tox", [tests, "ruff check .", "behave", "! playwright test"]],
      ["tox -e lint", ["ruff check ."]],
      ["tox run -e py313,lint -- -k slow", [tests, "ruff check ."]],
      ["tox --env=py312", [tests]],
      ["tox -e docs", ["! sphinx-build docs"]],
      ["tox -e py$VERSION", [tests, "ruff check .", "behave", "! playwright test"]],
      ["tox -l", ["tox -l"]],
      ["python -m tox -e lint", ["ruff check ."]],
    ],
    { "tox.ini": ini },
  );
  test("without the file it is what it says", () => {
    expect(runs("tox -e py312", {})).toEqual(["tox -e py312"]);
  });
});

describe("noxfile.py", () => {
  const noxfile = `import nox

nox.options.sessions = ["tests", "lint"]


@nox.session(python=["3.12", "3.13"])
def tests(session: nox.Session) -> None:
    """Runs them."""
    session.install(".[test]")
    session.run(
        "pytest",
        "-x",
        *session.posargs,
        env={"A": "b"},
    )


@nox.session(name="lint")
def check_style(session):
    # session.run("mypy")
    session.run("ruff", "check", ".")
    session.notify("types")


@nox.session(default=False)
def types(session):
    session.run("mypy", "src", success_codes=[0, 1])


def helper(session):
    session.run("behave")
`;
  expectEach(
    [
      ["nox", ["pytest -x", "ruff check .", "! mypy src"]],
      ["nox -s tests-3.12", ["pytest -x"]],
      ["nox --session types", ["! mypy src"]],
      ["nox -s helper", ["nox -s helper"]],
      ["nox --list", ["nox --list"]],
    ],
    { "noxfile.py": noxfile },
  );
});

describe("Rakefile", () => {
  const rakefile = `require "rspec/core/rake_task"
RSpec::Core::RakeTask.new(:spec)
RSpec::Core::RakeTask.new("spec:system") { |task| task.pattern = "spec/system" }

task default: %i[spec lint]
task :ci => [:spec, "smoke:run"]
task :lint do
  sh "rubocop"
end

namespace :smoke do
  desc "Asks the deployed shop."
  task :run, [:url] => :prepare do |_, arguments|
    # sh "old"
    sh "newman run shop.json"
    system("./report.sh")
    Rake::Task["smoke:clean"].invoke
  end
  task(:prepare) { sh("docker compose up -d") }
  task :clean do
    sh "docker compose down"
  end
end
`;
  const smoke = ["docker compose up -d", "newman run shop.json", "! ./report.sh", "docker compose down"];
  expectEach(
    [
      ["rake", ["rspec", "rubocop"]],
      ["bundle exec rake ci", ["rspec", ...smoke]],
      ["rake smoke:run[https://x]", smoke],
      ["rake lint spec", ["rubocop", "rspec"]],
      ["rake db:migrate", ["rake db:migrate"]],
    ],
    { Rakefile: rakefile },
  );
  test("tasks stand in files beside it", () => {
    const task = "namespace :load do\n  task :test do\n    sh 'k6 run load.js'\n  end\nend\n";
    expect(runs("rake load:test", { "lib/tasks/load.rake": task })).toEqual(["k6 run load.js"]);
  });
});

describe("Makefile.toml", () => {
  const toml = `[tasks.ci]
dependencies = ["lint", "test", "e2e"]

[tasks.lint]
ignore_errors = true
command = "cargo"
args = [
  "clippy", # all of it
  "--all",
]

[tasks.e2e]
script = '''
#!/bin/bash
playwright test
'''
`;
  expectEach(
    [
      ["cargo make ci", ["! cargo clippy --all", "cargo test", "playwright test"]],
      ["makers --profile ci e2e", ["playwright test"]],
      ["cargo make gone", ["cargo make gone"]],
    ],
    { "Makefile.toml": toml },
  );
});

describe("magefile.go", () => {
  const magefile = `//go:build mage

package main

var Default = Check

// Check does all.
func Check(ctx context.Context) error {
\tmg.Deps(Test.Unit, Lint)
\treturn nil
}

func Lint() error {
\treturn sh.RunV("golangci-lint", "run")
}

type Test mg.Namespace

func (Test) Unit() error {
\treturn sh.RunWith(env, "go", "test", "./...")
}
`;
  expectEach(
    [
      ["mage", ["go test ./...", "golangci-lint run"]],
      ["mage -v test:unit", ["go test ./..."]],
      ["mage lint", ["golangci-lint run"]],
      ["mage deploy", ["mage deploy"]],
    ],
    { "magefile.go": magefile },
  );
});

test("a linter behind the name of a test runner is no test", () => {
  const files = { ...workflow(job("check", "tox -e lint") + ship("    needs: check\n")) };
  const ini = { "tox.ini": "[testenv:lint]\ncommands = ruff check .\n" };
  expect(cellOf(deliveryOf(files), "unit")?.verdict).toBe("required");
  expect(cellOf(deliveryOf({ ...files, ...ini }), "unit")?.verdict).toBe("absent");
});

describe("files that are made to be slow end at once", () => {
  const junk = [
    "{",
    "a{b",
    "(",
    '"',
    "'''\n",
    'a = """\n',
    "task :a => [",
    "Task[::::",
    "func (",
    "@nox.session\n",
    ",",
  ];
  const files: [string, string][] = [
    ["tox", "tox.ini"],
    ["nox", "noxfile.py"],
    ["rake", "Rakefile"],
    ["cargo make x", "Makefile.toml"],
    ["mage x", "magefile.go"],
  ];
  const heads: Readonly<Record<string, string>> = {
    "tox.ini": "[tox]\nenvlist = a\n[testenv]\ncommands = ",
    "noxfile.py": "@nox.session\ndef x(session):\n    session.run(",
    Rakefile: "task :default do\n  sh ",
    "Makefile.toml": "[tasks.x]\n",
    "magefile.go": "func X() error {\n\tsh.Run(",
  };
  test.each(files)("%s", (command, path) => {
    const started = process.cpuUsage();
    for (const piece of junk)
      runs(command, { [path]: (heads[path] ?? "") + piece.repeat(60_000 / piece.length) });
    const { user } = process.cpuUsage(started);
    expect(user / 1_000).toBeLessThan(1_500);
  });
});
