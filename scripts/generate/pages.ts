import type { Check, Example, ExampleFiles } from "../../src/checks/define.ts";
import type { Finding } from "../../src/engine/types.ts";
import { code, fenced, prose } from "../../src/reporters/escape.ts";

const PILLARS: Record<Check["pillar"], string> = {
  redundancy: "Redundancy at every level",
  "hot-swap": "Automated hot swapping",
  observability: "Metrics, monitoring, alerts",
  testing: "Tenacious testing before production",
  data: "Keep the raw data",
  degradation: "Perceived uptime as a last resort",
  transition: "Safe change",
};

/** Longer than any message: pages cut nothing. */
const WHOLE = 10_000;

/** The page of one check; `said` is what it says of each of its unsafe examples. */
export function page(check: Check, said: readonly (readonly Finding[])[]): string {
  const { critical, standard } = check.severity;
  return [
    "<!-- Written by `npm run generate` from the check itself. Do not edit. -->",
    `# ${check.id}`,
    `**${check.title}.**`,
    "| critical | standard | best-effort | confidence | pillar |\n| --- | --- | --- | --- | --- |\n" +
      `| ${critical} | ${standard} | ${check.severity["best-effort"]} | ${check.confidence} | ${PILLARS[check.pillar]} |`,
    `## Why\n\n${check.why}`,
    `## What to do\n\n${check.fix}`,
    `## Flagged\n\n${check.unsafe.map((each, index) => flagged(check, each, said[index] ?? [])).join("\n\n")}`,
    `## Not flagged\n\n${check.safe.map(example).join("\n\n")}`,
    `## References\n\n${check.references.map((url) => `- <${url}>`).join("\n")}`,
    "",
  ].join("\n\n");
}

function flagged(check: Check, each: Example, said: readonly Finding[]): string {
  return [example(each), ...said.flatMap((finding) => saying(check, finding))].join("\n\n");
}

/** A finding as a pull request shows it. The fix stands above already where it is the check's general one. */
function saying(check: Check, { severity, subject, message, fix, suggestion }: Finding): string[] {
  const own = fix === check.fix ? "" : `\n>\n> **Fix:** ${prose(fix, WHOLE)}`;
  const lines = suggestion?.text.replaceAll(/ *# <- finding$/gm, "");
  return [
    `Said of ${code(subject.ref)}:`,
    `> **${severity}**: ${prose(message, WHOLE)}${own}`,
    ...(lines === undefined ? [] : ["Suggested for these lines:", fenced("yaml", lines)]),
  ];
}

function example({ title, before, after, facts }: Example): string {
  const parts = [`### ${title}`, ...settings(facts)];
  if (before !== undefined && !same(before, after)) parts.push("Before:", ...blocks(before), "After:");
  return [...parts, ...blocks(after)].join("\n\n");
}

/** What the code host says beside the files, in words. */
function settings(facts: Example["facts"]): string[] {
  const { rules } = facts ?? {};
  if (typeof rules !== "object") return [];
  const checks = rules.checks.map(({ name, by }) => `${by} requires the check \`${name}\``);
  const all = [...checks, ...(rules.queue ? ["changes are merged through a queue"] : [])];
  return all.length === 0 ? [] : [`Settings: ${all.join("; ")}.`];
}

const same = (a: ExampleFiles, b: ExampleFiles) => JSON.stringify(a) === JSON.stringify(b);

function blocks(files: ExampleFiles): string[] {
  const all = typeof files === "string" ? { "": files } : files;
  if (Object.values(all).every((text) => text.trim() === "")) return ["(nothing)"];
  return Object.entries(all).map(([path, text]) => {
    const heading = path === "" ? "" : `\`${path}\`\n\n`;
    return `${heading}\`\`\`${/\.json$/.test(path) ? "json" : "yaml"}\n${text.trimEnd()}\n\`\`\``;
  });
}

/** The list of all checks, by pillar. */
export function indexPage(checks: readonly Check[]): string {
  const groups = Map.groupBy(checks, ({ pillar }) => pillar);
  const sections = [...groups].map(([pillar, group]) => {
    const rows = group.map(
      ({ id, title, severity }) => `| [${id}](${id}.md) | ${title} | ${severity.standard} |`,
    );
    return `## ${PILLARS[pillar]}\n\n| check | what happens | severity |\n| --- | --- | --- |\n${rows.join("\n")}`;
  });
  return [
    "<!-- Written by `npm run generate`. Do not edit. -->",
    `# Checks\n\n${checks.length} checks. The severity is that of a workload of the standard tier.`,
    ...sections,
    "",
  ].join("\n\n");
}
