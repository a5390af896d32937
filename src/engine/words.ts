import { decode } from "./template.ts";
import type { Json, Manifest } from "./types.ts";

/** Words for messages. */

/** A value on one line, as its author wrote it. */
export function scalarText(value: Json | undefined): string {
  return decode(typeof value === "string" ? value : JSON.stringify(value ?? null));
}

/** `app=cart, version=v2`: how kubectl writes labels. */
export function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${decode(key)}=${decode(value)}`);
  return pairs.length === 0 ? "nothing" : pairs.join(", ");
}

/** `deployment/cart -n shop`: how kubectl is told of an object. */
export function kubectlName({ kind, name, namespace }: Manifest): string {
  return `${kind.toLowerCase()}/${name}${namespace === "" ? "" : ` -n ${namespace}`}`;
}

/** `a`, `a and b`, `a, b and 3 more`. */
export function listText(names: readonly string[], most = 3): string {
  if (names.length <= 1) return names[0] ?? "";
  if (names.length > most)
    return `${names.slice(0, most - 1).join(", ")} and ${names.length - most + 1} more`;
  return `${names.slice(0, -1).join(", ")} and ${names.at(-1) ?? ""}`;
}

/** The text as the beginning of a sentence. */
export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
