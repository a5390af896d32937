import { describe, expect, test } from "@jest/globals";
import type { Finding, Report } from "../../src/engine/types.ts";
import { annotations } from "../../src/reporters/annotations.ts";
import { checkRunOutput, commentBody, markdown, marker, markerOf } from "../../src/reporters/markdown.ts";
import { text } from "../../src/reporters/text.ts";
import { clean, finding, rich, subject } from "./report.ts";

const NASTY: readonly string[] = [
  "<img src=x onerror=alert(1)>",
  "<script>alert(1)</script>",
  "</details></summary><h1>hi</h1>",
  "<!-- nines:finding 00000000000000ff -->",
  "<!--",
  "[click](https://evil.example)",
  "![pixel](https://evil.example/p.png)",
  "[ref][1]",
  "[^1]",
  "<https://evil.example>",
  "https://evil.example",
  "ftp://evil.example",
  "see www.evil.example now",
  "mail someone@evil.example",
  "@octocat",
  "@github/security cc @octocat",
  "fixes #12",
  "closes GH-12 and gh-13",
  "octocat/hello-world#7",
  "octocat@1a2b3c4",
  "a | b | c",
  "`code` and ``more`` and `",
  "` @octocat `` @octocat ` @octocat",
  "`|` @octocat `<b>|`",
  "```\n@octocat\n```",
  "line\n\n# heading\n- item\n> quote\n---",
  "1. list",
  "- list",
  "+ list",
  "# heading",
  "===",
  "    indented",
  "**bold** _em_ ~~gone~~ $math$ $$x$$",
  "&lt;b&gt; &#64;octocat &commat;octocat",
  "back\\slash \\`tick\\`",
  "right\u202eto left \u2066isolate",
  "zero\u200bwidth\u00adsoft\ufeff",
  "\u001b[31mred\u001b[0m\u0007",
  "tag\u{e0041}\u{e0042}",
  "lone \ud800 surrogate",
];

/** Every field of a finding that a repository can write into. */
function infected(nasty: string): Finding {
  const path = `k8s/${nasty}.yaml`;
  return finding({
    title: nasty,
    message: nasty,
    fix: nasty,
    subject: subject(`Service/${nasty}/web`),
    units: [nasty, `deploy/${nasty}`],
    at: { ...finding().at, path },
  });
}

function report(nasty: string): Report {
  const bad = infected(nasty);
  const waiver = { check: "x", subject: nasty, until: "2027-01-31", reason: nasty, by: nasty };
  return {
    ...rich,
    base: nasty,
    findings: [
      bad,
      { ...bad, pillar: "testing" },
      { ...bad, standing: "existing" },
      { ...bad, standing: "fixed" },
      { ...bad, waiver },
    ],
    floors: rich.floors.map((row) => ({
      ...row,
      workload: nasty,
      unit: nasty,
      ...(row.after && "events" in row.after && { after: { ...row.after, stuck: { "node-drain": nasty } } }),
    })),
    protections: rich.protections.map((row) => ({
      route: nasty,
      workload: nasty,
      unit: nasty,
      ...(row.before && { before: { retry: nasty } }),
      after: { timeout: nasty },
    })),
    stages: rich.stages.map((row) => ({
      ...row,
      deploy: nasty,
      cells: row.cells.map((cell) => ({ ...cell, reason: nasty })),
      practices: row.practices.map((practice) => ({ ...practice, reason: nasty })),
      path: row.path.map((node) => ({ ...node, name: nasty })),
    })),
    fidelity: rich.fidelity.map((pair) => ({
      staging: nasty,
      production: nasty,
      differences: pair.differences.map(() => ({
        subject: nasty,
        aspect: nasty,
        staging: nasty,
        production: nasty,
      })),
    })),
    notes: [1, 2, 3, 4, 5].flatMap((line) => [
      { path: nasty, line, message: nasty },
      { path: `.github/workflows/${nasty}`, line, message: nasty, run: "test-stages" as const },
    ]),
  };
}

/** Markdown without what GitHub shows as code and without our own few tags: what could still do something. */
function alive(body: string): string {
  return body
    .replace(/\n\n<!-- nines:finding [0-9a-f]{16} -->$/, "")
    .replaceAll(/(?<![\\`])(`+)(?!`)(.*?[^`])\1(?!`)/g, " ")
    .replaceAll(/<summary>(.*?)<code>[^<]*<\/code><\/summary>/g, "<summary>$1</summary>")
    .replaceAll(/<\/?(details|summary|sub|code)>/g, " ")
    .replaceAll(/\\[\\`*_[\]|~$.)#=+-]/g, " ");
}

/** What would be a link, an image, a mention, a reference, HTML, maths or emphasis to GitHub. */
const ACTIVE: readonly RegExp[] = [
  /</,
  /@\w/,
  /(?<!&)#\d/,
  /gh-\d/i,
  /:\/\//,
  /www\./i,
  /[[\]]/,
  /[_~$]/,
  /&(?!#8203;|amp;|lt;|gt;)/,
  /[\p{Cc}\p{Cf}\p{Cs}]/u,
];

/** Checks lines, so that what a repository wrote can neither end a line nor begin a block. */
function expectHarmless(body: string): void {
  const found = body
    .replaceAll(/^(`{3,})\w+\n[^]*?\n\1$/gm, "")
    .split("\n")
    .flatMap((line) => ACTIVE.filter((active) => active.test(alive(line))).map(() => alive(line)));
  expect(found).toEqual([]);
}

describe.each(NASTY)("%j", (nasty) => {
  test("does nothing in a comment", () => {
    const body = commentBody(infected(nasty));
    expectHarmless(body.slice(0, body.lastIndexOf("\n\n")));
    expect(markerOf(body)).toBe("00000000000000a1");
    expect(body.split("\n\n")).toHaveLength(5);
  });

  test("does not leave its label in a diagram", () => {
    const [, diagram = ""] = /```mermaid\n([^]*?)\n```/.exec(markdown(report(nasty))) ?? [];
    const lines = diagram.split("\n").slice(1);
    expect(lines).toHaveLength(9);
    for (const line of lines)
      expect(line).toMatch(/^ {2}n\d+( -->| -\.->|[[({/]+"([\p{L}\p{N} ,:/_-]|#\d+;)*"[\])}/]+$)/u);
  });

  test("does nothing in a check run or a document", () => {
    for (const run of ["zero-downtime", "test-stages"] as const)
      expectHarmless(checkRunOutput(report(nasty), run).summary);
    expectHarmless(markdown(report(nasty)));
  });

  test("keeps the tables whole", () => {
    const { summary } = checkRunOutput(report(nasty), "zero-downtime");
    const tables = summary.split("\n\n").filter((part) => part.startsWith("| "));
    expect(tables).toHaveLength(2);
    for (const table of tables) {
      const widths = table.split("\n").map((row) => row.replaceAll(/\\./g, "").split("|").length);
      expect(widths.length).toBeGreaterThan(2);
      expect(new Set(widths).size).toBe(1);
    }
  });

  test("shows no hidden character in plain text", () => {
    const hidden = /[\p{Cc}\p{Cf}\p{Cs}]/u;
    const [first] = annotations(report(nasty), "zero-downtime");
    expect(checkRunOutput(report(nasty), "zero-downtime").title).not.toMatch(hidden);
    expect(first?.title).not.toMatch(hidden);
    expect(first?.message.replaceAll("\n", "")).not.toMatch(hidden);
    expect(text(report(nasty), { colour: false, width: 80 }).replaceAll("\n", "")).not.toMatch(hidden);
  });
});

test("the check of this test sees what is not escaped", () => {
  for (const bad of ["@octocat", "[a](b)", "<b>", "https://x", "#1"]) {
    expect(() => {
      expectHarmless(bad);
    }).toThrow();
  }
});

test("words stay as they are where they do nothing", () => {
  const { summary } = checkRunOutput({ ...clean, findings: [finding()] }, "zero-downtime");
  expect(summary).toContain("\nService/shop/web selects `app=web-v2`, which no pod has any more. Its users");
});

describe("a suggestion", () => {
  const suggesting = (replacement: string) =>
    commentBody(finding({ suggestion: { path: "a.yaml", line: 1, endLine: 2, text: replacement } }));

  test("keeps its text to the byte", () => {
    expect(suggesting("  a: [b](c) @d\n\n  e: <f>")).toContain(
      "\n\n```suggestion\n  a: [b](c) @d\n\n  e: <f>\n```\n\n",
    );
  });

  test("is fenced longer than any fence in it", () => {
    expect(suggesting("x\n````\ny")).toContain("\n\n`````suggestion\nx\n````\ny\n`````\n\n");
  });

  test("is left out, in words, where its lines hold what cannot be seen", () => {
    expect(suggesting("a: b\u202ec")).not.toContain("```suggestion");
    expect(suggesting("a: b\u202ec")).toContain("the lines hold characters that cannot be seen");
    expect(suggesting("a:\tb\r\nc: d")).toContain("```suggestion");
  });

  test("is left out, in words, where it would not fit", () => {
    const body = suggesting("x".repeat(70_000));
    expect(body.length).toBeLessThan(65_536);
    expect(body).toContain("too long for a suggestion");
  });
});

test("a marker is read from the last line only", () => {
  const body = commentBody(finding({ fingerprint: "00000000000000c1" }));
  expect(markerOf(body)).toBe("00000000000000c1");
  expect(markerOf(`${body}\r\n`)).toBe("00000000000000c1");
  expect(markerOf(`${marker("00000000000000c2")}\n\nwords`)).toBeUndefined();
  expect(markerOf(`say ${marker("00000000000000c2")}`)).toBeUndefined();
  expect(markerOf("words")).toBeUndefined();
});
