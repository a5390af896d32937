import { createHmac, timingSafeEqual } from "node:crypto";

/**
 * Whether `X-Hub-Signature-256` was made from these bytes with one of the secrets. Every secret is tried, in constant
 * time, so that the answer's time tells nothing.
 */
export function isSigned(body: Buffer, signature: string, secrets: readonly string[]): boolean {
  const given = Buffer.from(signature);
  let good = false;
  for (const secret of secrets) {
    const expected = Buffer.from(`sha256=${createHmac("sha256", secret).update(body).digest("hex")}`);
    if (given.length === expected.length && timingSafeEqual(given, expected)) good = true;
  }
  return good;
}
