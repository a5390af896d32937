import type { Environment, Policy, Subject, Tier, TierMatch } from "../engine/types.ts";
import { matches } from "../engine/glob.ts";

/** The tier of the first rule that matches; `standard` where none does. */
export function tierOf(
  policy: Policy,
  subject: Subject,
  place: { unit: string; environment: Environment },
): Tier {
  return policy.tiers.find(({ match }) => isMatch(match, subject, place))?.tier ?? "standard";
}

function isMatch(
  match: TierMatch,
  subject: Subject,
  place: { unit: string; environment: Environment },
): boolean {
  const pairs: readonly (readonly [pattern: string | undefined, text: string | undefined])[] = [
    [match.kind, subject.kind],
    [match.namespace, subject.namespace],
    [match.name, subject.name],
    [match.environment, place.environment],
    [match.unit, place.unit],
    ...Object.entries(match.labels ?? {}).map(([key, pattern]) => [pattern, subject.labels[key]] as const),
  ];
  return pairs.every(
    ([pattern, text]) => pattern === undefined || (text !== undefined && matches(pattern, text)),
  );
}
