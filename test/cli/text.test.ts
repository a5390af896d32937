import { expect, test } from "@jest/globals";
import { stripVTControlCharacters } from "node:util";
import { diffLines, hunks } from "../../src/engine/line-diff.ts";
import { explain } from "../../src/cli/explain.ts";
import { terminal } from "../../src/cli/terminal.ts";
import { defineCheck, severities } from "../../src/checks/define.ts";

const lines = (text: string) => text.split("");
const shown = (before: string, after: string) =>
  diffLines(lines(before), lines(after)).map(({ kind, text }) => kind + text);

test("a difference keeps what both have and puts what went before what came", () => {
  expect(shown("abc", "abc")).toEqual([" a", " b", " c"]);
  expect(shown("abc", "axc")).toEqual([" a", "-b", "+x", " c"]);
  expect(shown("", "ab")).toEqual(["+a", "+b"]);
  expect(shown("ab", "")).toEqual(["-a", "-b"]);
});

test("far lines of a difference become one gap", () => {
  const kept = hunks(diffLines(lines("abcdefgh"), lines("abcdXfgh")), 1);
  expect(kept.map(({ kind, text }) => kind + text)).toEqual([" …", " d", "-e", "+X", " f", " …"]);
});

const stream = (more: object) => ({ write: () => true, ...more });

test.each([
  [{ isTTY: true }, {}, true],
  [{ isTTY: true }, { TERM: "dumb" }, false],
  [{ isTTY: true }, { NO_COLOR: "1" }, false],
  [{ isTTY: true }, { NO_COLOR: "" }, true],
  [{}, {}, false],
  [{}, { FORCE_COLOR: "1" }, true],
  [{}, { FORCE_COLOR: "1", NO_COLOR: "1" }, true],
  [{ isTTY: true }, { FORCE_COLOR: "0" }, false],
])("a stream %j with %j has colour: %s", (tty, env, colour) => {
  expect(terminal(stream(tty), stream({}), env).colour).toBe(colour);
});

test("the width is the terminal's, within what can be read", () => {
  const width = (columns: number | undefined, env = {}) =>
    terminal(stream(columns === undefined ? {} : { columns }), stream({}), env).width;
  expect([width(90), width(10), width(400), width(undefined), width(undefined, { COLUMNS: "70" })]).toEqual([
    90, 40, 120, 100, 70,
  ]);
});

const check = defineCheck({
  id: "replicas-gone",
  title: "The last replica goes",
  kind: "state",
  pillar: "redundancy",
  severity: severities("error", "warning", "notice"),
  confidence: "certain",
  why: "Nobody answers users once the last pod is gone.",
  fix: "Keep one replica.",
  references: ["https://kubernetes.io/docs/"],
  unsafe: [
    {
      title: "to none",
      before: "kind: Deployment\nreplicas: 1\n",
      after: "kind: Deployment\nreplicas: 0 # <- finding\n",
    },
  ],
  safe: [{ title: "it stays", after: { "a.yaml": "replicas: 1\n", "b.yaml": "replicas: 2\n" } }],
  *run() {
    // Nothing is run here.
  },
});

test("explains a check: all that is known of it, its examples as differences, the marker as an arrow", () => {
  const page = explain(check, { colour: false, width: 80, out: () => undefined, err: () => undefined });
  expect(page).toBe(`replicas-gone: The last replica goes
  redundancy · certain · critical error, standard warning, best-effort notice

Why
  Nobody answers users once the last pod is gone.

What to do
  Keep one replica.

Flagged
  to none
      kind: Deployment
    - replicas: 1
    + replicas: 0  <- finding

Left alone
  it stays
    a.yaml
    + replicas: 1
    b.yaml
    + replicas: 2

Read more
  https://kubernetes.io/docs/
`);
});

test("colours change nothing but colours", () => {
  const at = (colour: boolean) =>
    explain(check, { colour, width: 80, out: () => undefined, err: () => undefined });
  expect(at(true)).not.toBe(at(false));
  expect(stripVTControlCharacters(at(true))).toBe(at(false));
});
