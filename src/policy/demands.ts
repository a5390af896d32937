import {
  STAGES,
  TIERS,
  type Policy,
  type Stage,
  type StageDemand,
  type StageRow,
  type Tier,
} from "../engine/types.ts";
import { perStage } from "./defaults.ts";

const STRICTEST: readonly StageDemand[] = ["required", "advised", "off"];

/** What is demanded of a stage before a deploy of this tier, today. */
function demandOf({ stages, today }: Policy, stage: Stage, tier: Tier): StageDemand {
  const { demand, tiers, from } = stages[stage];
  if (demand !== "required") return demand;
  const holds = (tiers?.includes(tier) ?? true) && (from === undefined || from <= today);
  return holds ? "required" : "advised";
}

/** A deploy's row with its tier, and what the policy demands before it. */
export function withDemands(row: StageRow, policy: Policy, tier: Tier): StageRow {
  return { ...row, tier, demands: perStage((stage) => demandOf(policy, stage, tier)) };
}

/** What is demanded today of the deploys of which most is demanded. */
export function strictestDemands(policy: Policy): Record<Stage, StageDemand> {
  return perStage((stage) => {
    const all = TIERS.map((tier) => demandOf(policy, stage, tier));
    return STRICTEST.find((demand) => all.includes(demand)) ?? "advised";
  });
}

/** Days from which a stage will be required, where they are still to come. */
export function upcomingDemands({ stages, today }: Policy): Partial<Record<Stage, string>> {
  const soon = STAGES.flatMap((stage) => {
    const { demand, from } = stages[stage];
    return demand === "required" && from !== undefined && from > today ? [[stage, from] as const] : [];
  });
  return Object.fromEntries(soon);
}
