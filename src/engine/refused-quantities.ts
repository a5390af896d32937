import { isObject } from "./json.ts";
import { isPlaceholder, type Refusal } from "./refusal.ts";
import type { FieldPath, Json } from "./types.ts";

/** apimachinery pkg/api/resource, ParseQuantity: a decimal number and at most one suffix. */
const QUANTITY = /^[+-]?(\d+(\.\d*)?|\.\d+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?\d+)?$/;

/** Whether a text is an amount as Kubernetes writes them: `250m`, `1.5Gi`, `1e3`. */
export const isQuantity = (text: string): boolean => QUANTITY.test(text);

/** Amounts in a map such as `requests` that are none. */
export function refusedQuantities(amounts: Json | undefined, path: FieldPath): Refusal[] {
  if (!isObject(amounts)) return [];
  return Object.entries(amounts).flatMap(([name, value]): Refusal[] => {
    if (typeof value !== "string" || value.trim() === "" || isPlaceholder(value) || isQuantity(value))
      return [];
    const meant = meantBy(value);
    return [
      {
        path: [...path, name],
        what: `${name} "${value}" is no amount: a number is followed by one of m, k, M, G, T, Ki, Mi, Gi, Ti, without a blank`,
        fix: meant === undefined ? "Write an amount such as 500m or 512Mi." : `Write ${meant}.`,
        ...(meant !== undefined && { mend: meant }),
      },
    ];
  });
}

/** `512MB`, `1 gi`, `2gb`: people mean powers of two where they speak of memory. */
function meantBy(value: string): string | undefined {
  const [, number = "", letter = ""] = /^(\d+(?:\.\d+)?)\s*([kmgt])(?:i?b|i)$/i.exec(value.trim()) ?? [];
  if (number !== "") return `${number}${letter.toUpperCase()}i`;
  const spaced = value.replaceAll(/\s+/g, "");
  return spaced !== value && isQuantity(spaced) ? spaced : undefined;
}
