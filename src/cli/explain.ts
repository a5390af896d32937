import type { Check, Example, ExampleFiles } from "../checks/define.ts";
import { palette, wrap } from "../reporters/terminal.ts";
import { diffLines, hunks } from "../engine/line-diff.ts";
import type { Terminal } from "./terminal.ts";

const INDENT = "  ";
const MARKER = /\s*# <- finding\s*$/;
/** Kept lines shown around each change of an example. */
const CONTEXT = 3;

/** Everything that is known of one check, as a page of text. */
export function explain(check: Check, terminal: Terminal): string {
  const { bold } = palette(terminal.colour);
  const paragraph = (text: string) => wrap(text, INDENT, terminal.width);
  const tiers = Object.entries(check.severity).map(([tier, severity]) => `${tier} ${severity}`);
  return [
    `${bold(check.id)}: ${check.title}`,
    `${INDENT}${check.pillar} · ${check.confidence} · ${tiers.join(", ")}`,
    "",
    bold("Why"),
    ...paragraph(check.why),
    "",
    bold("What to do"),
    ...paragraph(check.fix),
    "",
    bold("Flagged"),
    ...check.unsafe.flatMap((example) => showExample(example, terminal)),
    bold("Left alone"),
    ...check.safe.flatMap((example) => showExample(example, terminal)),
    bold("Read more"),
    ...check.references.map((reference) => INDENT + reference),
    "",
  ].join("\n");
}

function showExample(example: Example, terminal: Terminal): string[] {
  const { dim } = palette(terminal.colour);
  const before = filesOf(example.before ?? {});
  const after = filesOf(example.after);
  const paths = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return [
    ...wrap(example.title, INDENT, terminal.width),
    ...paths.flatMap((path) => [
      ...(paths.length > 1 ? [dim(`${INDENT}${INDENT}${path}`)] : []),
      ...showDifference(before[path] ?? "", after[path] ?? "", terminal),
    ]),
    "",
  ];
}

function filesOf(files: ExampleFiles): Readonly<Record<string, string>> {
  return typeof files === "string" ? { "": files } : files;
}

function showDifference(before: string, after: string, terminal: Terminal): string[] {
  const { bold, dim, green, red } = palette(terminal.colour);
  const all = diffLines(linesOf(before), linesOf(after));
  return hunks(all, CONTEXT).map(({ kind, text }) => {
    const found = MARKER.test(text) ? bold("  <- finding") : "";
    const line = `${INDENT}${INDENT}${kind} ${text.replace(MARKER, "")}`.trimEnd();
    const style = kind === "+" ? green : kind === "-" ? red : dim;
    return style(line) + found;
  });
}

function linesOf(text: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}
