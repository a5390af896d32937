import type {
  CheckSetting,
  FieldPath,
  Policy,
  Stage,
  StageRule,
  UnitRules,
  Waiver,
} from "../engine/types.ts";
import {
  BUILT_IN_TIERS,
  DEFAULT_COMMENTS,
  DEFAULT_DEMAND,
  DEFAULT_UNVERIFIED,
  perStage,
} from "./defaults.ts";
import { issueOf, type Layer, type PolicyIssue } from "./read.ts";
import { checkHolds, commentsHold, demandHolds, unverifiedHolds } from "./strictness.ts";
import { defined } from "./defined.ts";
import type { PolicyFile } from "./schema.ts";
import { waiverWarnings } from "./waiver-warnings.ts";

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
    deploys: both(merging, "deploys"),
    tests: unique(loosening(merging, "tests", ({ stage }) => `say what its ${stage} test is`)),
    bypasses: loosening(merging, "bypasses", ({ input }) => `accept ${input}`),
    units: units(merging),
    values: both(merging, "values"),
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
  return perStage((stage) => {
    const theirs = ruleOf(organisation, stage) ?? { demand: DEFAULT_DEMAND };
    const mine = ruleOf(repository, stage);
    if (mine === undefined) return theirs;
    if (!isLocked(merging, "stages", `stages.${stage}`) || demandHolds(mine, theirs)) return mine;
    refuse(
      merging,
      ["stages", stage],
      `stages.${stage} is locked by the organisation, and "${ruleText(mine)}" would loosen "${ruleText(theirs)}"`,
    );
    return theirs;
  });
}

function ruleOf(layer: Layer | undefined, stage: Stage): StageRule | undefined {
  const written = layer?.file.stages?.[stage];
  if (written === undefined) return undefined;
  return typeof written === "string" ? { demand: written } : defined(written);
}

function ruleText({ demand, tiers, from }: StageRule): string {
  const parts = [demand, tiers && `for ${tiers.join(", ")}`, from && `from ${from}`];
  return parts.filter((part) => part !== undefined).join(" ");
}

/** Both files' lists count: one entry more only makes nines see more. Equal entries count once. */
function both<K extends "deploys" | "values">(
  { organisation, repository }: Merging,
  key: K,
): NonNullable<PolicyFile[K]> {
  const all = [...(organisation?.file[key] ?? []), ...(repository?.file[key] ?? [])];
  return unique<unknown>(all) as NonNullable<PolicyFile[K]>;
}

const unique = <T>(entries: readonly T[]): T[] => [
  ...new Map(entries.map((entry) => [JSON.stringify(entry), entry])).values(),
];

/** To accept a bypass, or to call a job a test, loosens what gates a deploy. */
function loosening<K extends "bypasses" | "tests">(
  merging: Merging,
  key: K,
  said: (entry: Policy[K][number]) => string,
): Policy[K][number][] {
  const own: readonly Policy[K][number][] = merging.repository?.file[key] ?? [];
  if (!isLocked(merging, key)) return [...(merging.organisation?.file[key] ?? []), ...own];
  for (const [index, entry] of own.entries()) {
    const message = `${key} is locked by the organisation, so a repository cannot ${said(entry)}`;
    refuse(merging, [key, index], message);
  }
  return [...(merging.organisation?.file[key] ?? [])];
}

/** The repository knows its own folders best, unless the organisation locks it: then it can only name more releases. */
function units(merging: Merging): UnitRules {
  const theirs = rulesOf(merging.organisation);
  const mine = rulesOf(merging.repository);
  const open = <T>(key: "exclude" | "environments", entries: readonly T[]): readonly T[] => {
    if (entries.length === 0 || !isLocked(merging, "units")) return entries;
    refuse(merging, ["units", key], `units is locked by the organisation, so a repository cannot set ${key}`);
    return [];
  };
  return {
    exclude: [...open("exclude", mine.exclude), ...theirs.exclude],
    environments: [...open("environments", mine.environments), ...theirs.environments],
    releases: [...mine.releases, ...theirs.releases],
  };
}

function rulesOf(layer: Layer | undefined): UnitRules {
  const { exclude = [], environments = [], releases = [] } = layer?.file.units ?? {};
  return { exclude, environments, releases: releases.map(defined) };
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
