import type { Policy, Stage, StageDemand, UnitRules } from "../engine/types.ts";

/** What holds after every tier rule of the organisation and the repository: previews and sandboxes may go down. */
export const BUILT_IN_TIERS: Policy["tiers"] = [
  { match: { environment: "development" }, tier: "best-effort" },
];

/** What is demanded of a stage about which no policy speaks. */
export const DEFAULT_DEMAND: StageDemand = "advised";
export const DEFAULT_COMMENTS: Policy["comments"] = "error";
export const DEFAULT_UNVERIFIED: Policy["unverified"] = "failure";

const NO_UNIT_RULES: UnitRules = { exclude: [], environments: [], releases: [] };

/** One value for each stage. */
export function perStage<T>(of: (stage: Stage) => T): Record<Stage, T> {
  return {
    unit: of("unit"),
    acceptance: of("acceptance"),
    performance: of("performance"),
    stress: of("stress"),
    rollback: of("rollback"),
    "data-restore": of("data-restore"),
    penetration: of("penetration"),
  };
}

/** The policy where nobody has written one. `today` is `YYYY-MM-DD` (UTC). */
export const defaultPolicy = (today: string): Policy => ({
  tiers: BUILT_IN_TIERS,
  checks: {},
  stages: perStage(() => ({ demand: DEFAULT_DEMAND })),
  deploys: [],
  tests: [],
  bypasses: [],
  units: NO_UNIT_RULES,
  values: [],
  cluster: {},
  waivers: [],
  comments: DEFAULT_COMMENTS,
  unverified: DEFAULT_UNVERIFIED,
  today,
});
