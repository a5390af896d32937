import { lineAt } from "../engine/yaml.ts";

/** The least coverage that a file asks for, of one kind. */
export interface CoverageLimit {
  /** What is covered, as a person would say it: `lines`, `branches of ./src/pay`. */
  readonly of: string;
  /** Percent, or a share where the tool counts in shares; what is asked for in another way has none. */
  readonly least: number;
  /** As it is written. */
  readonly text: string;
  /** 1-based. */
  readonly line: number;
}

/** Files in which one sort of test runner is told how much must be covered. */
export interface CoverageFiles {
  /** The tools, as evidence names them, that read these files. */
  readonly tools: readonly string[];
  readonly path: RegExp;
  /** What must stand in the command, or in such a file, for the limits to count. */
  readonly counts: { readonly command: RegExp; readonly file: RegExp };
  readonly limits: (source: string) => CoverageLimit[];
}

/** Longer blocks than anybody writes are not read to their end. */
const MOST = 5_000;
const ENTRY =
  /["'`]?([^\s"'`{},:;()[\]]{1,100})["'`]?\s{0,9}:\s{0,9}(\{|-?\d{1,3}(?:\.\d+)?(?![\w.])|true\b)|\}/g;
const METRIC = /^(branches|functions|lines|statements)$/;

/** The numbers of an object in JSON or JavaScript, by their keys; `global` says nothing. */
function ofObject(source: string, start: number): CoverageLimit[] {
  const scopes: string[] = [];
  const found: CoverageLimit[] = [];
  for (const match of source.slice(start, start + MOST).matchAll(ENTRY)) {
    const [text, key = "", value] = match;
    if (text === "}") scopes.pop();
    else if (value === "{") scopes.push(key);
    else if (METRIC.test(key) || (key === "100" && value === "true")) {
      const inside = scopes.filter((scope) => scope !== "global");
      const of = [key === "100" ? "everything" : key, ...inside.slice(1)].join(" of ");
      found.push({
        of,
        least: value === "true" ? 100 : Number(value),
        text,
        line: lineAt(source, start + match.index),
      });
    }
    if (scopes.length === 0) break;
  }
  return found;
}

/**
 * https://jestjs.io/docs/configuration#coveragethreshold-object, https://vitest.dev/config/coverage,
 * https://github.com/istanbuljs/nyc#coverage-thresholds
 */
function ofJavaScript(source: string): CoverageLimit[] {
  const block = /["']?(coverageThreshold|thresholds)["']?\s{0,9}:\s{0,9}\{/.exec(source);
  if (block) return ofObject(source, block.index);
  const checked = /["']?check-?coverage["']?\s{0,9}:\s{0,9}true/i.exec(source);
  if (!checked) return [];
  const start = source.lastIndexOf("{", checked.index);
  const above = lineAt(source, start) - 1;
  return ofObject(`x:${source.slice(start)}`, 0).map((limit) => ({ ...limit, line: limit.line + above }));
}

const each = (source: string, is: RegExp, of: string): CoverageLimit[] =>
  Array.from(source.matchAll(is), ({ 0: text, 1: least = "", index }) => {
    const at = index + (text.length - text.trimStart().length);
    return { of, least: Number(least), text: text.trim(), line: lineAt(source, at) };
  });

/** https://coverage.readthedocs.io/en/latest/config.html#report-fail-under, https://pytest-cov.readthedocs.io/en/latest/config.html */
const ofPython = (source: string): CoverageLimit[] =>
  [
    ...each(source, /(?:^|\n)\s{0,20}fail_under\s{0,9}=\s{0,9}(\d{1,3}(?:\.\d+)?)/g, "lines"),
    ...each(source, /--cov-fail-under[= ](\d{1,3}(?:\.\d+)?)/g, "lines"),
  ].slice(0, 1);

/** https://docs.gradle.org/current/userguide/jacoco_plugin.html#sec:jacoco_report_violation_rules, https://kotlin.github.io/kotlinx-kover/gradle-plugin/#verification-rules */
const ofGradle = (source: string): CoverageLimit[] => [
  ...each(source, /\bminimum\s{0,9}(?:=|\()?\s{0,9}["']?(\d?\.\d+|1(?:\.0+)?)\b/g, "code"),
  ...each(source, /\b(?:minBound\(|minValue\s{0,9}=\s{0,9})(\d{1,3})\b/g, "code"),
];

/** https://www.jacoco.org/jacoco/trunk/doc/check-mojo.html */
const ofMaven = (source: string): CoverageLimit[] =>
  each(source, /<minimum>\s{0,9}(\d?\.\d+|\d{1,3})%?\s{0,9}<\/minimum>/g, "code");

/** https://github.com/simplecov-ruby/simplecov#minimum-coverage */
const ofRuby = (source: string): CoverageLimit[] =>
  each(source, /\bminimum_coverage[ (]\s{0,9}(?:line:\s{0,9})?(\d{1,3}(?:\.\d+)?)/g, "lines");

/** Where each tool reads the least coverage below which it fails. */
export const COVERAGE_FILES: readonly CoverageFiles[] = [
  {
    tools: ["jest"],
    path: /(^|\/)(package\.json|(jest|vitest|vite)(\.[\w-]+)*\.config\.[cm]?[jt]s|jest\.config\.json|vitest\.workspace\.[jt]s|\.nycrc(\.json)?|\.c8rc(\.json)?|nyc\.config\.c?js)$/,
    counts: {
      command: /--coverage\b(?!=false)|^(nyc|c8)\b/,
      file: /collectCoverage["']?\s*:\s*true|coverage["']?\s*:\s*\{[^}]{0,500}enabled["']?\s*:\s*true/,
    },
    limits: ofJavaScript,
  },
  {
    tools: ["pytest", "tox"],
    path: /(^|\/)(pyproject\.toml|\.coveragerc|setup\.cfg|tox\.ini|pytest\.ini)$/,
    counts: { command: / --cov\b|^coverage /, file: /--cov\b/ },
    limits: ofPython,
  },
  {
    tools: ["gradle"],
    path: /(^|\/)build\.gradle(\.kts)?$/,
    counts: {
      command: /jacocoTestCoverageVerification|koverVerify/,
      file: /\bcheck\b[^]{0,300}dependsOn[^]{0,200}jacocoTestCoverageVerification|finalizedBy[^]{0,100}jacocoTestCoverageVerification|\bkover\b/,
    },
    limits: ofGradle,
  },
  {
    tools: ["maven"],
    path: /(^|\/)pom\.xml$/,
    counts: { command: /jacoco:check/, file: /jacoco-maven-plugin[^]{0,3000}<goal>check<\/goal>/ },
    limits: ofMaven,
  },
  {
    tools: ["rspec"],
    path: /(^|\/)(\.simplecov|(spec|test)\/(\w+\/)*\w+_helper\.rb)$/,
    counts: { command: /./, file: /./ },
    limits: ofRuby,
  },
];
