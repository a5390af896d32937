import type { FieldPath } from "./types.ts";

/** Something that the API server does not take: a value, or two fields together. */
export interface Refusal {
  readonly path: FieldPath;
  /** A clause about the object: `container port 80800 is no port`. */
  readonly what: string;
  /** An order. */
  readonly fix: string;
  /** What to write instead, where that is clear. */
  readonly mend?: string;
}

/**
 * What a script fills in before the API server sees it: `$NAME`, `<name>`, `%name%`, `__NAME__`, `@name@`, `APP_NAME`.
 * Nobody can say what such a text becomes.
 */
export function isPlaceholder(text: string): boolean {
  return /[$<>%@{}()[\]`\uE000-\uE0FF]|__|^[A-Z][A-Z0-9_]+$/.test(text);
}

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ (apimachinery util/validation). */
const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

export const isDnsLabel = (text: string): boolean => text.length <= 63 && LABEL.test(text);
export const isDnsName = (text: string): boolean => text.length <= 253 && SUBDOMAIN.test(text);
