import { text } from "./json.ts";
import { scaled, type Rounding } from "./quantity.ts";
import type { Json } from "./types.ts";

/** Numbers as messages show them, so that a reader can follow how a controller comes to them. */

export function podsInWords(count: number): string {
  return `${count} ${count === 1 ? "pod" : "pods"}`;
}

/** A number or a share of pods: `maxUnavailable: 2`, `minAvailable: 75% of 3 pods rounds up to 3`, `maxUnavailable: 50% of 8 pods is 4`. */
export function shareInWords(
  field: string,
  value: Json | undefined,
  { total, rounding }: { total: number; rounding: Rounding },
): string {
  const written = `${field}: ${text(value)}`;
  const result = scaled(value, total, rounding);
  if (typeof value !== "string" || !value.endsWith("%") || result === undefined || Number.isNaN(result))
    return written;
  const exact = scaled(value, total, "up") === scaled(value, total, "down");
  return `${written} of ${podsInWords(total)} ${exact ? "is" : `rounds ${rounding} to`} ${result}`;
}
