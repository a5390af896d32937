import type { Tree } from "../engine/types.ts";
import { join } from "./folders.ts";
import { own } from "./own.ts";

/** Whether a tool can fail for what it measures: it cannot, or the files do not tell. Empty where it can. */
export interface Criterion {
  readonly cannotFail?: string;
  readonly unsure?: string;
  /** The file that was read and sets none. */
  readonly file?: string;
}

/** Tools that measure, and fail only for a criterion that their own file sets. */
interface Measure {
  readonly file: RegExp;
  readonly sets: RegExp;
  /** The criterion's name, for messages. */
  readonly name: string;
  /** The file takes things in from elsewhere, or the command says where else to look. */
  readonly elsewhere: RegExp;
  readonly options: RegExp;
}

const MEASURES: Readonly<Record<string, Measure>> = {
  // https://grafana.com/docs/k6/latest/using-k6/thresholds/
  k6: {
    file: /\.[cm]?[jt]s$/,
    // A test may also end itself: https://grafana.com/docs/k6/latest/javascript-api/k6-execution/#test
    sets: /\bthresholds\b|\btest\.abort\(/,
    name: "thresholds",
    elsewhere: /\bfrom\s*["']\.|\bopen\(|require\(\s*["']\./,
    options: / (-c|--config)[ =]/,
  },
  // https://www.artillery.io/docs/reference/extensions/ensure
  artillery: {
    file: /\.(ya?ml|json)$/,
    sets: /\b(ensure|expect)\b/,
    name: "`ensure`",
    elsewhere: /\bextends\b/,
    options: / (--overrides|--config)[ =]/,
  },
};

const UNCHECKED = / --no-thresholds\b(?!=false)/;

/** Tools that end well whatever they find: only what reads their results afterwards can fail. */
const SILENT: readonly { readonly is: RegExp; readonly criterion: (text: string) => Criterion }[] = [
  {
    is: /^jmeter\b/,
    criterion: () => ({ unsure: "JMeter itself ends well whatever it measured" }),
  },
  {
    // Its `main` exits with 1 on fatal errors only: https://github.com/projectdiscovery/nuclei/blob/main/cmd/nuclei/main.go
    is: /^nuclei\b/,
    criterion: (text) =>
      / -(o|output|j|jsonl|je|json-export|jle|jsonl-export|se|sarif-export|me|markdown-export)\b/.test(text)
        ? { unsure: "nuclei itself ends well whatever it finds" }
        : { cannotFail: "nuclei ends well whatever it finds" },
  },
];

/** k6 also runs functional tests, whose checks are no measurements. A limit for latency or errors is one, whatever the file is called. */
export const isFunctional = (run: Run, step: string, tree: Tree): boolean =>
  run.tool === "k6" &&
  /functional|smoke|e2e|single-pass|integration/i.test(`${run.text} ${step}`) &&
  !MEASURED.test(sourceOf(run, /\.[cm]?[jt]s$/, tree).source ?? "");

/** Source: https://grafana.com/docs/k6/latest/using-k6/metrics/reference/ */
const MEASURED =
  /\bthresholds\b[^]{0,1000}?(\bp\(\d|\b(http_req_(duration|waiting)|http_reqs|iteration_duration|iterations|grpc_req_duration)\b|\bhttp_req_failed\b\W{1,40}rate\s*<\s*0?\.\d)/;

interface Run {
  readonly tool: string;
  readonly text: string;
  readonly folder: string;
}

/**
 * What a functional test fails for. Checks alone never fail a run: https://grafana.com/docs/k6/latest/using-k6/checks/.
 * Where its file was not read, its name is believed.
 */
export function functionalCriterion(run: Run, tree: Tree): Criterion {
  const { cannotFail, file } = criterionOf(run, tree);
  return cannotFail === undefined ? {} : { cannotFail, ...(file === undefined ? {} : { file }) };
}

/** What a measuring command fails for, as far as the file that it runs tells. */
export function criterionOf(run: Run, tree: Tree): Criterion {
  const { tool, text } = run;
  const measure = own(MEASURES, tool);
  if (!measure) return SILENT.find(({ is }) => is.test(text))?.criterion(text) ?? {};
  // https://grafana.com/docs/k6/latest/using-k6/k6-options/reference/#no-thresholds
  if (UNCHECKED.test(text)) return { cannotFail: "`--no-thresholds` switches its thresholds off" };
  return inFile(measure, run, tree);
}

/** The file that a measuring command runs. */
function sourceOf(
  { text, folder }: Run,
  is: RegExp,
  tree: Tree,
): { file?: string; path: string; source?: string } {
  const words = text.split(" ").slice(2);
  const file = words.find((word) => is.test(word));
  const path = join(folder, file ?? "");
  const source = file === undefined ? undefined : tree.files.get(path)?.text;
  return { path, ...(file === undefined ? {} : { file }), ...(source === undefined ? {} : { source }) };
}

function inFile(measure: Measure, run: Run, tree: Tree): Criterion {
  const { tool, text } = run;
  const { file, path, source } = sourceOf(run, measure.file, tree);
  if (file === undefined || source === undefined) return { unsure: `its ${measure.name} could not be read` };
  if (measure.sets.test(source)) return {};
  if (measure.elsewhere.test(source) || measure.options.test(text))
    return { unsure: `its ${measure.name} may stand in a file that was not read` };
  return { cannotFail: `${file} sets no ${measure.name}, and without them ${tool} never fails`, file: path };
}
