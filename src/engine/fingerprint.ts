import { createHash } from "node:crypto";

/** 16 hex digits of what makes a finding the same finding on the next push. */
export function fingerprint(...parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 16);
}
