import { RUNS, type Facts, type Policy, type Report } from "../engine/types.ts";
import type { Spoken } from "./comments.ts";
import type { Context } from "./context.ts";
import { draftOf, withParagraph, type Draft } from "./draft.ts";
import { withFacts } from "./facts.ts";
import type { Trees } from "./load-trees.ts";
import {
  effectOf,
  mendsPolicy,
  policyAfter,
  policyChange,
  withPolicyChange,
  type PolicyChange,
} from "./policy-change.ts";
import { policyInForce, type Reading } from "./policy-in-force.ts";
import type { Services } from "./services.ts";
import { policyUnreadable } from "./statements.ts";

/** Today, and what a policy can name. */
export const readingOf = ({ now, judge }: Pick<Services, "now" | "judge">): Reading => ({
  today: now().toISOString().slice(0, 10),
  checkIds: judge.checkIds,
});

/** What is judged: both trees, and what GitHub says beside them, which depends on what the policy asks for. */
export interface Material extends Trees {
  readonly factsBy: (policy: Policy) => Promise<Facts>;
}

/** Judges a change by the policy of its base branch, and says what it makes of the policy itself. */
export async function judgeChange(
  context: Context,
  material: Material,
  services: Services,
  signal: AbortSignal,
): Promise<{ readonly drafts: readonly Draft[]; readonly spoken?: Spoken }> {
  const reading = readingOf(services);
  const { sources } = context.policies;
  const change = policyChange(context.repo, material, sources, reading);
  const inForce = policyInForce(context.policies, reading, mendsPolicy(change));
  if (!inForce.known) return { drafts: policyUnreadable(inForce.reasons) };
  const { policy, notes } = inForce;
  const trees = withFacts(material, await material.factsBy(policy));
  const reportBy = (one: Policy) => services.judge.review(trees.base, trees.head, one, signal);
  const report = await reportBy(policy);
  const drafts = RUNS.map((run) => withNotes(draftOf(report, run, policy), notes));
  if (!change) return { drafts, spoken: { report, policy, files: trees.files } };
  return withChange({ drafts, spoken: { report, policy, files: trees.files } }, report, change, () =>
    effect(report, change, reportBy),
  );
}

/** An invalid policy is to be mended before anything is discussed on the lines: no comments then. */
async function withChange(
  { drafts, spoken }: { readonly drafts: readonly Draft[]; readonly spoken: Spoken },
  report: Report,
  change: PolicyChange,
  effects: () => Promise<string[]>,
) {
  const lines = await effects();
  const changed = drafts.map((draft) => withPolicyChange(draft, change, lines));
  return change.after.ok ? { drafts: changed, spoken: { ...spoken, report } } : { drafts: changed };
}

async function effect(
  report: Report,
  change: PolicyChange,
  reportBy: (policy: Policy) => Promise<Report>,
): Promise<string[]> {
  const policy = policyAfter(change);
  return policy ? effectOf(report, await reportBy(policy)) : [];
}

/** Notes on the policy in force stand with the check run that everybody reads. */
function withNotes(draft: Draft, notes: readonly string[]): Draft {
  if (notes.length === 0 || draft.run !== "zero-downtime") return draft;
  return withParagraph(draft, `**About the policy:**\n${notes.map((note) => `- ${note}`).join("\n")}`);
}
