import {
  TIERS,
  type CheckSetting,
  type Policy,
  type Severity,
  type StageDemand,
  type StageRule,
  type Tier,
} from "../engine/types.ts";

const SEVERITY: Readonly<Record<Severity | "off", number>> = { off: 0, notice: 1, warning: 2, error: 3 };
const DEMAND: Readonly<Record<StageDemand, number>> = { off: 0, advised: 1, required: 2 };
const COMMENTS: Readonly<Record<Policy["comments"], number>> = { off: 0, error: 1, warning: 2, notice: 3 };

/**
 * Whether a check's setting is at least as strict as another for every tier. No setting means the check's own
 * severity, which may be anything from notice to error: what cannot be shown to be as strict, is not.
 */
export function checkHolds(mine: CheckSetting, theirs: CheckSetting | undefined): boolean {
  return TIERS.every((tier) => {
    const [ours, other] = [severityOn(mine, tier), theirs && severityOn(theirs, tier)];
    if (ours === undefined && other === undefined) return true;
    return SEVERITY[ours ?? "notice"] >= SEVERITY[other ?? "error"];
  });
}

function severityOn({ severity, tiers }: CheckSetting, tier: Tier): Severity | "off" | undefined {
  return !tiers || tiers.includes(tier) ? severity : undefined;
}

/** Whether a stage's rule is at least as strict as another for every tier, on every day. */
export function demandHolds(mine: StageRule, theirs: StageRule): boolean {
  const inTime = (mine.from ?? "") <= (theirs.from ?? "");
  return TIERS.every((tier) => {
    const [ours, other] = [demandOn(mine, tier), demandOn(theirs, tier)];
    return DEMAND[ours] >= DEMAND[other] && (other !== "required" || inTime);
  });
}

function demandOn({ demand, tiers }: StageRule, tier: Tier): StageDemand {
  return demand !== "required" || !tiers || tiers.includes(tier) ? demand : "advised";
}

/** Whether at least as many findings become comments. */
export const commentsHold = (mine: Policy["comments"], theirs: Policy["comments"]): boolean =>
  COMMENTS[mine] >= COMMENTS[theirs];

/** Whether an unmade review blocks at least as much. */
export const unverifiedHolds = (mine: Policy["unverified"], theirs: Policy["unverified"]): boolean =>
  mine === "failure" || theirs === "neutral";
