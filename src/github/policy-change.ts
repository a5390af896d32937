import { RUNS, type Finding, type Policy, type Report, type Tree } from "../engine/types.ts";
import { readPolicy, type PolicyIssue, type PolicyResult, type PolicySource } from "../policy/index.ts";
import type { Annotation } from "../reporters/annotations.ts";
import { code } from "../reporters/escape.ts";
import type { FileChange } from "./compare.ts";
import { withParagraph, type Draft } from "./draft.ts";
import { ORGANISATION_POLICY, REPOSITORY_POLICY } from "./policy-files.ts";
import { changedSources, issueLine, type ChangedPolicy, type Reading } from "./policy-in-force.ts";

/** What a change makes of the policy. */
export interface PolicyChange {
  readonly changed: readonly ChangedPolicy[];
  /** The policy as it is once the change is in. */
  readonly after: PolicyResult;
}

/** In an organisation's `.github` repository, `nines.yml` is the organisation's policy. */
const policyPaths = (repo: string) => [
  { origin: "repository" as const, path: REPOSITORY_POLICY },
  ...(repo.toLowerCase() === ".github"
    ? [{ origin: "organisation" as const, path: ORGANISATION_POLICY }]
    : []),
];

/** Reads the policy files that a change touches; undefined where it touches none. */
export function policyChange(
  repo: string,
  { files, head }: { readonly files: readonly FileChange[]; readonly head: Tree },
  sources: readonly PolicySource[],
  { today, checkIds }: Reading,
): PolicyChange | undefined {
  const touched = new Set(
    files.flatMap(({ path, previous }) => [path, ...(previous === undefined ? [] : [previous])]),
  );
  const changed = policyPaths(repo)
    .filter(({ path }) => touched.has(path))
    .map(({ origin, path }) => {
      const text = head.files.get(path)?.text;
      return { origin, path, ...(text !== undefined && { text }) };
    });
  if (changed.length === 0) return undefined;
  return { changed, after: readPolicy(changedSources(sources, changed), today, checkIds) };
}

/** Whether the change leaves its repository with a valid policy of its own, or none. */
export const mendsPolicy = (change: PolicyChange | undefined): boolean =>
  change?.after.ok === true && change.changed.some(({ origin }) => origin === "repository");

const annotationOf =
  (level: Annotation["annotation_level"], title: string) =>
  ({ path, line, message }: PolicyIssue): Annotation => ({
    path,
    start_line: line,
    end_line: line,
    annotation_level: level,
    title,
    message,
  });

/** Issues in files that this change touches: others have no line in it. */
const ofChange = ({ changed }: PolicyChange, issues: readonly PolicyIssue[]): PolicyIssue[] =>
  issues.filter(({ path, origin }) => changed.some((one) => one.path === path && one.origin === origin));

/** The check run for zero downtime speaks of the policy too; with an invalid one it fails, on the policy's lines. */
export function withPolicyChange(draft: Draft, change: PolicyChange, effect: readonly string[]): Draft {
  if (draft.run !== "zero-downtime") return draft;
  const { after } = change;
  if (!after.ok) return withInvalidPolicy(draft, change, after.issues);
  const notes = ofChange(change, after.warnings).map(
    annotationOf("warning", "This part of the policy does not hold"),
  );
  const lines = [...after.warnings.map(issueLine), ...effect];
  const list = lines.length === 0 ? "It changes nothing about this change's results." : bullets(lines);
  const paragraph = `**This change touches the policy.** It is judged by the policy of the base branch; the new one holds once it is merged.\n\n${list}`;
  return withParagraph({ ...draft, annotations: [...draft.annotations, ...notes] }, paragraph);
}

const bullets = (lines: readonly string[]): string => lines.map((line) => `- ${line}`).join("\n");

function withInvalidPolicy(draft: Draft, change: PolicyChange, issues: readonly PolicyIssue[]): Draft {
  const notes = ofChange(change, issues).map(annotationOf("failure", "The policy is invalid here"));
  const paragraph = `**The policy in this change is invalid.** Once merged, no change could be judged any more.\n\n${bullets(issues.map(issueLine))}`;
  const failed = {
    ...draft,
    conclusion: "failure" as const,
    title: "The policy in this change is invalid",
    annotations: [...notes, ...draft.annotations],
  };
  return withParagraph(failed, paragraph);
}

/** More lines than this nobody reads. */
const SHOWN = 10;

const settingOf = (finding: Finding | undefined): string => {
  if (!finding) return "off";
  return finding.waiver ? `${finding.severity}, waived` : finding.severity;
};

/** What the new policy would say otherwise about the same change, in lines of Markdown. */
export function effectOf(now: Report, then: Report): string[] {
  const verdicts = RUNS.filter((run) => now.verdicts[run] !== then.verdicts[run]).map(
    (run) => `${code(`nines / ${run}`)}: ${now.verdicts[run]} → ${then.verdicts[run]}`,
  );
  const before = new Map(now.findings.map((finding) => [finding.fingerprint, finding]));
  const after = new Map(then.findings.map((finding) => [finding.fingerprint, finding]));
  const findings = [...new Map([...before, ...after])]
    .map(([fingerprint, finding]) => ({
      finding,
      was: settingOf(before.get(fingerprint)),
      is: settingOf(after.get(fingerprint)),
    }))
    .filter(({ was, is }) => was !== is)
    .map(({ finding, was, is }) => `${code(finding.check)} on ${code(finding.subject.ref)}: ${was} → ${is}`);
  const rest = findings.length > SHOWN ? [`… and ${findings.length - SHOWN} more findings`] : [];
  return [...verdicts, ...findings.slice(0, SHOWN), ...rest];
}

/** The new policy, where it is valid. */
export const policyAfter = (change: PolicyChange | undefined): Policy | undefined =>
  change?.after.ok ? change.after.policy : undefined;
