/** Runs the judgement over labelled changes and says what was named, lost, and said for nothing. */
import { Command, InvalidArgumentError, Option } from "commander";
import { basename } from "node:path";
import { checks } from "../src/checks/index.ts";
import type { Report, Tree } from "../src/engine/types.ts";
import { defaultPolicy } from "../src/policy/index.ts";
import { render } from "../src/renderers/index.ts";
import { json } from "../src/reporters/json.ts";
import { review } from "../src/review.ts";
import { caseFolders, readCase, readLabel } from "./eval/case.ts";
import { distances } from "./eval/nearness.ts";
import { naming, outcomeOf } from "./eval/outcome.ts";
import { asJson, asText, isCovered, totals, type Row } from "./eval/summary.ts";
import { timed } from "./eval/timed.ts";

interface Options {
  readonly format: "text" | "json";
  readonly case?: string;
  readonly category?: string;
  readonly verbose?: true;
  readonly twice?: true;
  readonly minRecall?: number;
}

/** No waiver ends and nothing expires in a labelled change, so any day does. */
const POLICY = defaultPolicy("2026-01-01");

async function judge(folder: string, twice: boolean): Promise<Row> {
  const { label, base, head } = readCase(folder);
  const { result: report, times } = await timed(() => review(base, head, POLICY, render));
  return {
    ...{ label, outcome: outcomeOf(label, report), covered: isCovered(label, checks), report, times },
    distances: distances({ label, base, head }, naming(label, report.findings)),
    ...(twice && { repeats: json(report) === json(await again(folder)) }),
  };
}

/** A second review of trees that are read anew, with their files in another order: neither may show in the report. */
async function again(folder: string): Promise<Report> {
  const { base, head } = readCase(folder);
  return review(turned(base), turned(head), POLICY, render);
}

const turned = (tree: Tree): Tree => ({ ...tree, files: new Map([...tree.files].reverse()) });

async function evaluate(dir: string, options: Options): Promise<void> {
  const folders = caseFolders(dir).filter(
    (folder) =>
      (options.case === undefined || basename(folder) === options.case) &&
      (options.category === undefined || readLabel(folder).category === options.category),
  );
  const rows: Row[] = [];
  for (const folder of folders) rows.push(await judge(folder, options.twice === true));
  if (rows.length === 0)
    process.stderr.write(`There is no such case in ${dir}: a case is a folder with case.json.\n`);
  process.stdout.write(
    `${options.format === "json" ? asJson(rows) : asText(rows, options.verbose === true)}\n`,
  );
  if (rows.some(({ repeats }) => repeats === false)) process.exitCode = 1;
  if (options.minRecall !== undefined && totals(rows).covered.recall < options.minRecall)
    process.exitCode = 1;
}

function share(text: string): number {
  const value = Number(text);
  if (!(value >= 0 && value <= 1)) throw new InvalidArgumentError("It is a number from 0 to 1.");
  return value;
}

await new Command("eval")
  .description("Run the judgement over labelled changes.")
  .argument("<dir>", "folder of cases")
  .addOption(new Option("--format <format>").choices(["text", "json"]).default("text"))
  .option("--case <id>", "this case only")
  .option("--category <category>", "this category only")
  .option("--verbose", "also list the cases that came out right")
  .option("--twice", "review each case twice, and exit 1 where the reports differ in a byte")
  .option("--min-recall <share>", "exit 1 where less of the covered hazards is named (0 to 1)", share)
  .action(evaluate)
  .parseAsync();
