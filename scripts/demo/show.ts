import { styleText } from "node:util";
import { Marked } from "marked";
import { markedTerminal } from "marked-terminal";
import type { CheckRun, ReviewComment } from "../../test/github-server/index.ts";

const WIDTH = Math.min(process.stdout.columns || 110, 120);
/** Its tables colour their lines wherever they go, also into a file. */
const PLAIN_TABLES = styleText("dim", "x") === "x" ? { style: { head: [], border: [] } } : {};
// Its types are those of marked 11, where an extension was the renderer itself; what it returns is an extension.
const terminal: object = markedTerminal({
  ...{ width: WIDTH, reflowText: true, tab: 2, showSectionPrefix: false },
  tableOptions: PLAIN_TABLES,
});
const marked = new Marked(terminal);

const SYMBOL: Record<string, string> = {
  success: styleText("green", "✓"),
  neutral: styleText("yellow", "■"),
  failure: styleText("red", "✗"),
};

/** What a person sees under "Checks". */
export function showCheckRun({ name, conclusion, output, annotations }: CheckRun): string {
  const symbol = SYMBOL[conclusion ?? ""] ?? "·";
  const heading = `${symbol} ${styleText("bold", name)}  ${conclusion ?? "in progress"} — ${output.title ?? ""}`;
  return [heading, "", indent(rendered(output.summary ?? "")), "", indent(countOf(annotations.length))].join(
    "\n",
  );
}

function countOf(annotations: number): string {
  if (annotations === 0) return styleText("dim", "no annotations");
  return styleText(
    "dim",
    `${annotations} annotation${annotations === 1 ? "" : "s"} on the lines of the change`,
  );
}

/** What a person sees between the lines of "Files changed". */
export function showComment({ path, line, body }: ReviewComment): string {
  const heading = styleText("cyan", `${path}:${line}`);
  return [heading, indent(rendered(body))].join("\n");
}

/** Markdown for a terminal. HTML that GitHub would show as a fold, or not at all, is dropped; its text stays. */
function rendered(markdown: string): string {
  const visible = markdown
    .replaceAll(/<!--[\s\S]*?-->/g, "")
    .replaceAll(/<summary>([\s\S]*?)<\/summary>/g, "**$1**")
    .replaceAll(/<\/?(details|sub|sup|b|br|code)\b[^>]*>/g, "");
  return unescape(marked.parse(visible, { async: false })).trimEnd();
}

/** Entities that keep repository text from being Markdown on GitHub. */
function unescape(text: string): string {
  return text
    .replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&")
    .replaceAll("\u200b", "");
}

function indent(text: string): string {
  return text
    .split("\n")
    .map((line) => (line === "" ? "" : `  ${line}`))
    .join("\n");
}
