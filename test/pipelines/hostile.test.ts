import { describe, expect, test } from "@jest/globals";
import { deliveryOf, job, workflow } from "./trees.ts";

const PATH = ".github/workflows/release.yml";

/** The notes that a file leads to. What is too large ends in one, long before it is expanded: that is what bounds the work. */
function notesOf(text: string): { readonly line?: number; readonly message: string }[] {
  const { notes } = deliveryOf({ [PATH]: text });
  for (const note of notes) expect(note.path).toBe(PATH);
  return [...notes];
}

const bomb = (): string => {
  const levels = Array.from({ length: 9 }, (_, level) => {
    const one = level === 0 ? "x" : `*a${String(level - 1)}`;
    return `a${String(level)}: &a${String(level)} [${Array.from({ length: 9 }, () => one).join(", ")}]`;
  });
  return `on: push\n${levels.join("\n")}\njobs: *a8\n`;
};

describe("hostile files end in a note", () => {
  test("an alias bomb, with its line", () => {
    expect(notesOf(bomb())).toEqual([
      { path: PATH, line: expect.any(Number), message: expect.stringContaining("aliases") },
    ]);
  });

  test.each([
    ["a circular alias", "on: push\njobs: &j\n  a: *j\n"],
    [
      "10,000 jobs",
      `on: push\njobs:\n${Array.from({ length: 10_000 }, (_, n) => `  j${String(n)}: { runs-on: x, steps: [{ run: go test }] }\n`).join("")}`,
    ],
    [
      "too many jobs",
      `on: push\njobs:\n${Array.from({ length: 1_200 }, (_, n) => job(`j${String(n)}`, "go test")).join("")}`,
    ],
    ["a list without end", `on: push\njobs: [${"1,".repeat(450_000)}]\n`],
    [
      "60,000 keys",
      `on: push\nenv:\n${Array.from({ length: 60_000 }, (_, n) => `  k${String(n)}: 1\n`).join("")}jobs: {}\n`,
    ],
    ["100,000 brackets", `on: push\njobs: ${"[".repeat(100_000)}\n`],
    ["two megabytes", `on: push\n# ${"x".repeat(2_000_000)}\n`],
    ["broken YAML", "on: push\njobs: {\n"],
    ["tabs", "on: push\njobs:\n\ta: b\n"],
    ["a key twice", "on: push\njobs: {}\njobs: {}\n"],
    [
      "a cycle of needs",
      `on: push\njobs:\n${job("a", "x", "    needs: b\n")}${job("b", "x", "    needs: a\n")}`,
    ],
    ["a need that is no job", `on: push\njobs:\n${job("a", "x", "    needs: gone\n")}`],
    ["two documents", "on: push\njobs: {}\n---\non: push\n"],
  ])("%s", (_, text) => {
    const notes = notesOf(text);
    expect(notes).toHaveLength(1);
    expect(notes[0]?.message).not.toBe("");
  });

  test("a row of # before a value that is not written is no riddle", () => {
    const list = `[main, ${"#".repeat(60)}\n      &none ]`;
    expect(notesOf(`on:\n  push:\n    branches: ${list}\njobs:\n${job("a", "go test")}`)).toEqual([]);
  });

  test("one megabyte of shell is read", () => {
    const script = "          echo hello && go test ./... || true; (cd x; make y) | tee z\n".repeat(14_000);
    expect(notesOf(`on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: |\n${script}`)).toEqual(
      [],
    );
  });

  test.each([
    ["quotes that do not end", "go test 'x"],
    ["substitutions that do not end", `x ${"$(".repeat(20_000)}`],
    ["expressions that do not end", `x ${"${{ ".repeat(20_000)}`],
    ["options without a command", `xvfb-run ${"-a=b ".repeat(20_000)}`],
    ["options of make", `make ${"-C -j ".repeat(20_000)}`],
    ["a here-document that does not end", "cat <<EOF\nx"],
    ["ifs in ifs", 'if [ "$A" = 1 ]; then '.repeat(20_000)],
    ["ways without end", `if [ "$A" ]; then x\n${'elif [ "$A" = 1 ]; then go test\n'.repeat(5_000)}fi`],
    ["cases without end", `case "$A" in\n${"a) go test ;;\n".repeat(5_000)}esac`],
    ["ends without end", '[ "$A" = 1 ] && exit 0\ngo test\n'.repeat(10_000)],
    ["conditions without end", `${'[ "$A" = 1 ] && '.repeat(20_000)}go test`],
    [
      "values of values",
      `${Array.from({ length: 5_000 }, (_, n) => `A${String(n)}=$A${String(n + 1)}\n`).join("")}[ $A0 ] || go test`,
    ],
    ["many variables", Array.from({ length: 5_000 }, (_, n) => `[ "$A${String(n)}" ] || go test`).join("\n")],
    ["groups without end", "( { (".repeat(20_000)],
    ["a long word", `npm run ${"a:".repeat(100_000)}`],
  ])("a script with %s", (_, script) => {
    const lines = script
      .split("\n")
      .map((line) => `          ${line}\n`)
      .join("");
    notesOf(`on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: |\n${lines}`);
  });

  test("conditions that nest deeply", () => {
    notesOf(
      `on: push\njobs:\n${job("a", "go test", `    if: "${"(".repeat(5_000)}true${")".repeat(5_000)}"\n`)}`,
    );
    notesOf(`on: push\njobs:\n${job("a", "go test", `    if: "${"!".repeat(50_000)}true"\n`)}`);
    notesOf(`on: push\njobs:\n${job("a", "go test", `    if: "${"a || ".repeat(50_000)}true"\n`)}`);
  });

  test("workflows that call each other", () => {
    const call = (id: string): string =>
      `on: [push, workflow_call]\njobs:\n  ${id}:\n    uses: ./.github/workflows/${id}.yml\n`;
    const { notes } = deliveryOf({
      ".github/workflows/a.yml": call("b"),
      ".github/workflows/b.yml": call("a"),
    });
    expect(notes.length).toBeGreaterThan(0);
    for (const { message } of notes) expect(message).toContain("calls itself");
  });

  test("calls that multiply", () => {
    const calls = (level: number): string =>
      `on: [push, workflow_call]\njobs:\n${Array.from({ length: 20 }, (_, n) => `  j${String(n)}:\n    uses: ./.github/workflows/l${String(level + 1)}.yml\n`).join("")}`;
    const files = Object.fromEntries(
      Array.from({ length: 6 }, (_, level) => [`.github/workflows/l${String(level)}.yml`, calls(level)]),
    );
    const { notes } = deliveryOf(files);
    expect(notes.some(({ message }) => message.includes("1000 jobs"))).toBe(true);
  });

  test("a thousand deploys beside a thousand tests, within seconds", () => {
    const all = (id: string, command: string): string =>
      Array.from({ length: 900 }, (_, n) => job(`${id}${String(n)}`, command)).join("");
    const started = process.cpuUsage();
    const { rows, notes } = deliveryOf({
      ...workflow(all("deploy-production-", "kubectl apply -f prod")),
      ".github/workflows/ci.yml": `on: [push, pull_request]\njobs:\n${all("t", "go test")}`,
    });
    // Processor time: the clock also counts the neighbours of a busy machine.
    expect(process.cpuUsage(started).user / 1_000_000).toBeLessThan(4);
    expect(notes).toMatchObject([{ message: expect.stringContaining("too large to play through") }]);
    expect(rows[0]?.cells[0]).toMatchObject({ verdict: "unknown" });
  });

  test("a thousand tests before a deploy", () => {
    const chain = Array.from({ length: 900 }, (_, n) =>
      job(`t${String(n)}`, "go test", n > 0 ? `    needs: t${String(n - 1)}\n` : ""),
    );
    const { rows, notes } = deliveryOf(
      workflow(`${chain.join("")}${job("deploy-prod", "helm upgrade a b", "    needs: t899\n")}`),
    );
    expect(rows).toHaveLength(1);
    expect(notes).toMatchObject([{ message: expect.stringContaining("too large to play through") }]);
  });
});
