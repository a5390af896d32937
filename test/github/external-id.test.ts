import { expect, test } from "@jest/globals";
import { digestOf, makeExternalId, parseExternalId, type ExternalId } from "../../src/github/external-id.ts";

const digest = digestOf({ a: 1 });

test.each<ExternalId>([
  { subject: 12, digest, borrowed: false },
  { subject: 12, digest, borrowed: true, attempt: "7d0c:x" },
  { subject: { base: "a".repeat(40) }, digest, borrowed: false, attempt: "1" },
])("%j is read back as it was written", (id) => {
  expect(parseExternalId(makeExternalId(id))).toEqual(id);
});

test.each([
  null,
  undefined,
  "",
  "12",
  "nines1:x:0123456789abcdef",
  "nines2:12:0123456789abcdef",
  "nines1:12:short",
])("%j is none of ours", (text) => {
  expect(parseExternalId(text)).toBeUndefined();
});
