import type { Json } from "./types.ts";

/** Reads of data whose shape nobody guarantees: a wrong type reads as absent, never as an exception. */

export type JsonObject = { readonly [key: string]: Json | undefined };

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A map, or an empty one. */
export function object(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

/** A list, or an empty one. */
export function list(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

export function string(value: Json | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** The strings of a list; what else stands in it is left out. */
export function texts(value: Json | undefined): string[] {
  return list(value).flatMap((item) => string(item) ?? []);
}

/** A scalar as it is written; anything else as JSON. */
export function text(value: Json | undefined): string {
  if (value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

export function integer(value: Json | undefined): number | undefined {
  return typeof value === "number" && Number.isInteger(value) ? value : undefined;
}

/** A map of strings: labels, annotations, selectors. Numbers and booleans, which the API would refuse, read as text. */
export function strings(value: Json | undefined): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [key, item] of Object.entries(object(value))) {
    if (typeof item === "string" || typeof item === "number" || typeof item === "boolean")
      result[key] = String(item);
  }
  return result;
}

/** The value at a path, or undefined. */
export function at(value: Json | undefined, path: readonly (string | number)[]): Json | undefined {
  let current = value;
  for (const step of path) {
    if (typeof step === "number") current = list(current)[step];
    else current = isObject(current) && Object.hasOwn(current, step) ? current[step] : undefined;
    if (current === undefined) return undefined;
  }
  return current;
}
