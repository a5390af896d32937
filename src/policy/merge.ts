import type { CheckSetting, FieldPath, Policy, Waiver } from "../engine/types.ts";
import { BUILT_IN_TIERS, DEFAULT_COMMENTS, DEFAULT_DEMAND, DEFAULT_UNVERIFIED, demands } from "./defaults.ts";
import { issueOf, type Layer, type PolicyIssue } from "./read.ts";
import { checkHolds, commentsHold, demandHolds, unverifiedHolds } from "./strictness.ts";
import { defined } from "./defined.ts";
import { waiverWarnings } from "./waivers.ts";

/** The two files, what the organisation locked, and where warnings go. */
interface Merging {
  readonly organisation: Layer | undefined;
  readonly repository: Layer | undefined;
  readonly warnings: PolicyIssue[];
}

/**
 * The organisation's policy with the repository's over it. A repository may tighten anything and loosen what is not
 * locked; where it tries to loosen what is locked, the organisation's word stands and a warning says so.
 */
export function merge(
  layers: readonly Layer[],
  today: string,
): { policy: Policy; warnings: readonly PolicyIssue[] } {
  const merging: Merging = {
    organisation: layers.find(({ source }) => source.origin === "organisation"),
    repository: layers.find(({ source }) => source.origin === "repository"),
    warnings: [],
  };
  const policy: Policy = {
    tiers: [...tiers(merging), ...BUILT_IN_TIERS],
    checks: checks(merging),
    stages: stages(merging),
    deploys: deploys(merging),
    cluster: cluster(merging),
    waivers: waivers(merging, today),
    comments: comments(merging),
    unverified: unverified(merging),
    today,
  };
  return { policy, warnings: merging.warnings.toSorted(byPlace) };
}

function byPlace(a: PolicyIssue, b: PolicyIssue): number {
  return (
    Number(a.origin === "repository") - Number(b.origin === "repository") ||
    a.line - b.line ||
    a.column - b.column
  );
}

function isLocked({ organisation }: Merging, ...keys: readonly string[]): boolean {
  return keys.some((key) => organisation?.file.locked?.includes(key));
}

/** Tells the repository's owner which line is ignored, why, and whom to ask. */
function refuse({ organisation, repository, warnings }: Merging, path: FieldPath, message: string): void {
  if (!organisation || !repository) return;
  const place = repository.parsed.at(path);
  const way = `remove it, or ask the owners of the organisation's policy (${organisation.source.path})`;
  warnings.push(issueOf(repository.source, { ...place, message: `${message}; this is ignored: ${way}` }));
}

/** First match wins, so the repository's rules stand first. Where tiers are locked they can only make critical. */
function tiers(merging: Merging): Policy["tiers"] {
  const locked = isLocked(merging, "tiers");
  const own = (merging.repository?.file.tiers ?? []).filter(({ tier }, index) => {
    if (!locked || tier === "critical") return true;
    refuse(
      merging,
      ["tiers", index, "tier"],
      `tiers is locked by the organisation, so only "critical" can be added, not "${tier}"`,
    );
    return false;
  });
  return [...own, ...(merging.organisation?.file.tiers ?? [])].map(({ match, tier }) => ({
    match: defined(match),
    tier,
  }));
}

function checks(merging: Merging): Policy["checks"] {
  const theirs = settings(merging.organisation);
  const kept = Object.entries(settings(merging.repository)).filter(([id, mine]) => {
    if (!isLocked(merging, "checks", `checks.${id}`) || checkHolds(mine, theirs[id])) return true;
    const now = theirs[id] ? `"${theirs[id].severity}"` : "the check's own severity";
    refuse(
      merging,
      ["checks", id],
      `checks.${id} is locked by the organisation, and "${mine.severity}" may loosen ${now}`,
    );
    return false;
  });
  return { ...theirs, ...Object.fromEntries(kept) };
}

function settings(layer: Layer | undefined): Record<string, CheckSetting> {
  const written = Object.entries(layer?.file.checks ?? {});
  return Object.fromEntries(
    written.flatMap(([id, setting]) => {
      if (setting === undefined) return [];
      return [[id, typeof setting === "string" ? { severity: setting } : defined(setting)]];
    }),
  );
}

function stages(merging: Merging): Policy["stages"] {
  const { organisation, repository } = merging;
  return demands((stage) => {
    const theirs = organisation?.file.stages?.[stage] ?? DEFAULT_DEMAND;
    const mine = repository?.file.stages?.[stage];
    if (mine === undefined) return theirs;
    if (!isLocked(merging, "stages", `stages.${stage}`) || demandHolds(mine, theirs)) return mine;
    refuse(
      merging,
      ["stages", stage],
      `stages.${stage} is locked by the organisation, and "${mine}" would loosen "${theirs}"`,
    );
    return theirs;
  });
}

/** Both files' deploys count: to name one more only makes nines look at more. */
function deploys({ organisation, repository }: Merging): Policy["deploys"] {
  const all = [...(organisation?.file.deploys ?? []), ...(repository?.file.deploys ?? [])];
  return [...new Map(all.map((deploy) => [JSON.stringify([deploy.workflow, deploy.job]), deploy])).values()];
}

/** What a cluster is, is a fact and not more or less strict: where it is locked, the organisation's word stands. */
function cluster(merging: Merging): Policy["cluster"] {
  const theirs = defined(merging.organisation?.file.cluster ?? {});
  const mine = Object.entries(defined(merging.repository?.file.cluster ?? {})).filter(([key, value]) => {
    const known = Object.entries(theirs).find(([name]) => name === key)?.[1];
    if (!isLocked(merging, "cluster", `cluster.${key}`) || known === value) return true;
    refuse(
      merging,
      ["cluster", key],
      `cluster.${key} is locked by the organisation${known === undefined ? "" : ` at ${known}`}`,
    );
    return false;
  });
  return { ...theirs, ...Object.fromEntries(mine) };
}

/** A repository's waiver loosens its check, so it needs both keys to be open. */
function waivers(merging: Merging, today: string): readonly Waiver[] {
  const { organisation, repository } = merging;
  const refused = new Set<number>();
  const own = (repository?.file.waivers ?? []).filter(({ check }, index) => {
    const key = ["waivers", "checks", `checks.${check}`].find((lock) => isLocked(merging, lock));
    if (key === undefined) return true;
    refused.add(index);
    refuse(
      merging,
      ["waivers", index],
      `${key} is locked by the organisation, so a repository cannot waive ${check}`,
    );
    return false;
  });
  for (const layer of [organisation, repository]) {
    if (layer)
      merging.warnings.push(...waiverWarnings(layer, today, layer === repository ? refused : new Set()));
  }
  return [...(organisation?.file.waivers ?? []), ...own];
}

function comments(merging: Merging): Policy["comments"] {
  const theirs = merging.organisation?.file.comments ?? DEFAULT_COMMENTS;
  return scalar(merging, "comments", { theirs, mine: merging.repository?.file.comments }, commentsHold);
}

function unverified(merging: Merging): Policy["unverified"] {
  const theirs = merging.organisation?.file.unverified ?? DEFAULT_UNVERIFIED;
  return scalar(
    merging,
    "unverified",
    { theirs, mine: merging.repository?.file.unverified },
    unverifiedHolds,
  );
}

function scalar<T extends string>(
  merging: Merging,
  key: string,
  { theirs, mine }: { theirs: T; mine: T | undefined },
  holds: (mine: T, theirs: T) => boolean,
): T {
  if (mine === undefined) return theirs;
  if (!isLocked(merging, key) || holds(mine, theirs)) return mine;
  refuse(merging, [key], `${key} is locked by the organisation, and "${mine}" would loosen "${theirs}"`);
  return theirs;
}
