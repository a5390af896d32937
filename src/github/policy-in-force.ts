import type { Policy } from "../engine/types.ts";
import { readPolicy, type PolicyIssue, type PolicySource } from "../policy/index.ts";
import { code, prose } from "../reporters/escape.ts";
import type { PolicyFiles } from "./policy-files.ts";

/** What a change is judged by; or why that is not known, in sentences escaped for Markdown. */
export type InForce =
  | { readonly known: true; readonly policy: Policy; readonly notes: readonly string[] }
  | { readonly known: false; readonly reasons: readonly string[] };

export interface Reading {
  /** `YYYY-MM-DD`, UTC. */
  readonly today: string;
  readonly checkIds: readonly string[];
}

const MESSAGE = 500;

/** One issue as a line of Markdown. */
export const issueLine = ({ path, line, message }: PolicyIssue): string =>
  `${code(`${path}:${line}`)} ${prose(message, MESSAGE)}`;

/**
 * The policy of the base branch. An invalid one is as good as unread: what it was meant to demand is not known. Only
 * where the change mends or removes the repository's own file is it judged by the organisation's policy alone, for
 * else it could never be mended; nothing that the change brings counts for its own judgement either way.
 * @param mends whether the change leaves the repository with a valid policy file, or none
 */
export function policyInForce(
  { sources, unreadable }: PolicyFiles,
  { today, checkIds }: Reading,
  mends: boolean,
): InForce {
  if (unreadable.length > 0)
    return { known: false, reasons: unreadable.map((reason) => prose(reason, MESSAGE)) };
  const result = readPolicy(sources, today, checkIds);
  if (result.ok) return { known: true, policy: result.policy, notes: result.warnings.map(issueLine) };
  const others = sources.filter(({ origin }) => origin === "organisation");
  const alone = mends ? readPolicy(others, today, checkIds) : result;
  if (!alone.ok) return { known: false, reasons: result.issues.map(issueLine) };
  const note =
    "The repository's policy on the base branch is invalid; this change, which mends it, was judged without it.";
  return { known: true, policy: alone.policy, notes: [note, ...alone.warnings.map(issueLine)] };
}

/** The sources as they are once the change is in. */
export const changedSources = (
  sources: readonly PolicySource[],
  changed: readonly ChangedPolicy[],
): PolicySource[] => {
  const isChanged = ({ origin }: PolicySource) => changed.some((one) => one.origin === origin);
  const after = changed.flatMap(({ origin, path, text }) =>
    text === undefined ? [] : [{ origin, path, text }],
  );
  return [...sources.filter((source) => !isChanged(source)), ...after];
};

/** A policy file that a change touches; without text where the change removes it. */
export interface ChangedPolicy {
  readonly origin: PolicySource["origin"];
  readonly path: string;
  readonly text?: string;
}
