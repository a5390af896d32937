import { checks } from "../checks/index.ts";
import type { Policy, Report, Tree } from "../engine/types.ts";
import type { PolicySource } from "../policy/index.ts";
import { render } from "../renderers/index.ts";
import { json } from "../reporters/json.ts";
import { markdown } from "../reporters/markdown.ts";
import { sarif } from "../reporters/sarif.ts";
import { text } from "../reporters/text.ts";
import { review } from "../review.ts";
import { loadGitChange } from "../sources/git.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import { effectivePolicy, policyFrom, policyIn, proposedPolicyIssues } from "./policy.ts";
import { loadFromGitHub, parsePullRequest } from "./pull-request.ts";
import type { Terminal } from "./terminal.ts";

export const FORMATS = ["text", "json", "sarif", "markdown"] as const;
export type Format = (typeof FORMATS)[number];

export interface ReviewOptions {
  readonly repo: string;
  readonly base?: string;
  readonly head?: string;
  readonly format: Format;
  /** A file that is used in place of the repository's own policy. */
  readonly policy?: string;
  readonly token?: string;
}

/** Both sides of a change, and the policies that hold for it. */
export interface ReviewSource {
  readonly base: Tree;
  readonly head: Tree;
  readonly policies: readonly PolicySource[];
  /** Both sides with what the code host says beside their files; absent where there is none. */
  readonly known?: (policy: Policy) => Promise<{ readonly base: Tree; readonly head: Tree }>;
}

/** Judges a local change, or a pull request on GitHub named `owner/name#12`, and prints the report. */
export async function reviewCommand(
  target: string | undefined,
  options: ReviewOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const source =
    target === undefined
      ? await loadLocal(options)
      : await loadFromGitHub(parsePullRequest(target), options.token);
  const policies = options.policy === undefined ? source.policies : [await policyFrom(options.policy)];
  const policy = effectivePolicy(policies, terminal);
  const { base, head } = (await source.known?.(policy)) ?? source;
  const report = await review(base, head, policy, render);
  terminal.out(format(report, options.format, terminal));
  const issues = proposedPolicyIssues(source.policies, source.base, source.head);
  for (const issue of issues) terminal.err(`nines: this change makes the policy invalid: ${issue}`);
  return issues.length > 0 ? EXIT.fail : exitCode(report);
}

async function loadLocal({ repo, base, head }: ReviewOptions): Promise<ReviewSource> {
  const change = await loadGitChange(repo, { base, head });
  const own = policyIn(change.base);
  return { ...change, policies: own ? [own] : [] };
}

function format(report: Report, wanted: Format, terminal: Terminal): string {
  switch (wanted) {
    case "text":
      return text(report, terminal);
    case "json":
      return json(report);
    case "sarif":
      return sarif(report, checks);
    case "markdown":
      return markdown(report);
  }
}

function exitCode({ verdicts }: Report): ExitCode {
  const all = Object.values(verdicts);
  if (all.includes("unverified")) return EXIT.unjudged;
  return all.includes("fail") ? EXIT.fail : EXIT.pass;
}
