import type { Json } from "./types.ts";

/** Powers of the suffixes of resource quantities (apimachinery resource.Quantity). */
const FACTORS: Readonly<Record<string, number>> = {
  ...{ "": 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18, m: 1e-3 },
  ...{ Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50, Ei: 2 ** 60 },
};

/** A quantity such as `10Gi`, `1.5G` or `1e9`, in bytes (or cores); undefined where it is none. */
export function quantityOf(value: Json | undefined): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value !== "string") return undefined;
  const match = /^\+?(\d+(?:\.\d*)?|\.\d+)(?:([eE][+-]?\d+)|([kMGTPEm]|[KMGTPE]i)?)$/.exec(value.trim());
  if (!match) return undefined;
  const [, digits = "", exponent = "", suffix = ""] = match;
  const factor = FACTORS[suffix];
  return factor === undefined ? undefined : Number(digits + exponent) * factor;
}
