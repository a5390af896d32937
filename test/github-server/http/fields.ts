import { invalidRequest } from "./errors.ts";

/** Readers for the fields of a request's body: each answers 422 as GitHub does when the type is wrong. */

export type Body = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Body {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function asObject(value: unknown, what = "The body"): Body {
  if (!isObject(value)) throw invalidRequest(`${what} is not an object.`);
  return value;
}

export function optionalText(body: Body, key: string): string | undefined {
  const value = body[key] ?? undefined;
  if (value === undefined || typeof value === "string") return value;
  throw invalidRequest(`For '${key}', ${JSON.stringify(value)} is not a string.`);
}

export function text(body: Body, key: string): string {
  const value = optionalText(body, key);
  if (value === undefined) throw invalidRequest(`"${key}" wasn't supplied.`);
  return value;
}

export function optionalInteger(body: Body, key: string): number | undefined {
  const value = body[key] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value === "number" && Number.isInteger(value)) return value;
  throw invalidRequest(`For '${key}', ${JSON.stringify(value)} is not an integer.`);
}

export function integer(body: Body, key: string): number {
  const value = optionalInteger(body, key);
  if (value === undefined) throw invalidRequest(`"${key}" wasn't supplied.`);
  return value;
}

export function optionalList(body: Body, key: string): Body[] {
  const value = body[key] ?? [];
  if (!Array.isArray(value)) throw invalidRequest(`For '${key}', ${JSON.stringify(value)} is not an array.`);
  return value.map((item: unknown) => asObject(item, `An item of '${key}'`));
}

export function oneOf<T extends string>(body: Body, key: string, allowed: readonly T[]): T | undefined {
  const value = optionalText(body, key);
  const found = allowed.find((candidate) => candidate === value);
  if (value !== undefined && !found)
    throw invalidRequest(`For '${key}', ${value} is not a member of ${JSON.stringify(allowed)}.`);
  return found;
}

/** Limits are counted in characters (code points), not in bytes and not in UTF-16 units. */
export const characters = (value: string): number => Array.from(value).length;

export function atMost(value: string | undefined, limit: number, what: string): void {
  // A string has at least as many UTF-16 units as characters: only long ones need counting.
  if (value === undefined || value.length <= limit) return;
  if (characters(value) > limit)
    throw invalidRequest(`${what} exceeds a maximum length of ${limit} characters.`);
}

export function atMostBytes(value: string | undefined, limit: number, what: string): void {
  if (value !== undefined && Buffer.byteLength(value) > limit)
    throw invalidRequest(`${what} exceeds a maximum size of ${limit} bytes.`);
}
