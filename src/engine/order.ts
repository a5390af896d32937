import type { Severity, Standing } from "./types.ts";

/** Worst first. */
export const SEVERITY_ORDER: Readonly<Record<Severity, number>> = { error: 0, warning: 1, notice: 2 };

/** What the change brings first. */
export const STANDING_ORDER: Readonly<Record<Standing, number>> = {
  introduced: 0,
  worsened: 0,
  existing: 1,
  fixed: 2,
};

/** Compares texts by code units: the same on every machine. */
export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
