import type { Report } from "../engine/types.ts";
import { render } from "../renderers/index.ts";
import { stagesJson } from "../reporters/json.ts";
import { stagesMarkdown } from "../reporters/markdown.ts";
import { stagesPage } from "../reporters/stages-text.ts";
import { survey } from "../review.ts";
import { loadGitChange } from "../sources/git.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import { effectivePolicy, policyFrom, policyIn } from "./policy.ts";
import type { Terminal } from "./terminal.ts";

export const STAGES_FORMATS = ["text", "json", "markdown"] as const;

export interface StagesOptions {
  readonly repo: string;
  readonly rev: string;
  readonly format: (typeof STAGES_FORMATS)[number];
  /** A file that is used in place of the repository's own policy. */
  readonly policy?: string;
}

/** Prints what stands before each production deploy of a local repository, as it is: no change is judged. */
export async function stagesCommand(options: StagesOptions, terminal: Terminal): Promise<ExitCode> {
  const { head } = await loadGitChange(options.repo, { base: options.rev, head: options.rev });
  const own = options.policy === undefined ? policyIn(head) : await policyFrom(options.policy);
  const policy = effectivePolicy(own ? [own] : [], terminal);
  const report = await survey(head, policy, render);
  terminal.out(format(report, options.format, terminal));
  return CODES[report.verdicts["test-stages"]];
}

function format(report: Report, wanted: StagesOptions["format"], terminal: Terminal): string {
  switch (wanted) {
    case "text":
      return stagesPage(report, terminal);
    case "json":
      return stagesJson(report);
    case "markdown":
      return stagesMarkdown(report);
  }
}

const CODES: Readonly<Record<Report["verdicts"]["test-stages"], ExitCode>> = {
  pass: EXIT.pass,
  warn: EXIT.pass,
  fail: EXIT.fail,
  unverified: EXIT.unjudged,
};
