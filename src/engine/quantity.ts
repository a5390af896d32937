import { isUnknown } from "./template.ts";
import type { Json } from "./types.ts";

export type Rounding = "up" | "down";

/**
 * An IntOrString field against a total, rounded as the controller in question rounds. Undefined where it is neither;
 * NaN where only an expansion would tell, for every comparison with NaN is false and so rules stay silent.
 */
export function scaled(value: Json | undefined, total: number, rounding: Rounding): number | undefined {
  if (typeof value === "number") return Number.isInteger(value) ? value : undefined;
  if (typeof value !== "string") return undefined;
  if (isUnknown(value)) return NaN;
  const percent = /^(\d+)%$/.exec(value);
  if (!percent) return /^\d+$/.test(value) ? Number(value) : undefined;
  const exact = (Number(percent[1]) * total) / 100;
  return rounding === "up" ? Math.ceil(exact) : Math.floor(exact);
}
