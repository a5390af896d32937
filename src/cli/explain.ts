import type { Check, Example, ExampleFiles } from "../checks/define.ts";
import { diffLines, hunks } from "./diff.ts";
import { painter, wrap, type Terminal } from "./terminal.ts";

const INDENT = "  ";
const MARKER = /\s*# <- finding\s*$/;
/** Kept lines shown around each change of an example. */
const CONTEXT = 3;

/** Everything that is known of one check, as a page of text. */
export function explain(check: Check, terminal: Terminal): string {
  const paint = painter(terminal);
  const heading = (text: string) => paint("bold", text);
  const paragraph = (text: string) => wrap(text, terminal.width, INDENT);
  const tiers = Object.entries(check.severity).map(([tier, severity]) => `${tier} ${severity}`);
  return [
    `${paint(["bold", "cyan"], check.id)}: ${check.title}`,
    `${INDENT}${check.pillar} · ${check.confidence} · ${tiers.join(", ")}`,
    "",
    heading("Why"),
    paragraph(check.why),
    "",
    heading("What to do"),
    paragraph(check.fix),
    "",
    heading("Flagged"),
    ...check.unsafe.flatMap((example) => showExample(example, terminal)),
    heading("Left alone"),
    ...check.safe.flatMap((example) => showExample(example, terminal)),
    heading("Read more"),
    ...check.references.map((reference) => INDENT + reference),
    "",
  ].join("\n");
}

function showExample(example: Example, terminal: Terminal): string[] {
  const paint = painter(terminal);
  const before = filesOf(example.before ?? {});
  const after = filesOf(example.after);
  const paths = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return [
    wrap(example.title, terminal.width, INDENT),
    ...paths.flatMap((path) => [
      ...(paths.length > 1 ? [paint("dim", `${INDENT}${INDENT}${path}`)] : []),
      ...showDifference(before[path] ?? "", after[path] ?? "", terminal),
    ]),
    "",
  ];
}

function filesOf(files: ExampleFiles): Readonly<Record<string, string>> {
  return typeof files === "string" ? { "": files } : files;
}

function showDifference(before: string, after: string, terminal: Terminal): string[] {
  const paint = painter(terminal);
  const all = diffLines(linesOf(before), linesOf(after));
  return hunks(all, CONTEXT).map(({ kind, text }) => {
    const found = MARKER.test(text) ? paint("bold", "  <- finding") : "";
    const line = `${INDENT}${INDENT}${kind} ${text.replace(MARKER, "")}`.trimEnd();
    const style = kind === "+" ? "green" : kind === "-" ? "red" : "dim";
    return paint(style, line) + found;
  });
}

function linesOf(text: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}
