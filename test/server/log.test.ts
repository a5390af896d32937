import { expect, test } from "@jest/globals";
import { createLog } from "../../src/log.ts";

const written = (write: (log: ReturnType<typeof createLog>) => void): string => {
  const lines: string[] = [];
  write(createLog("info", { write: (line: string) => void lines.push(line) }));
  return lines.join("");
};

const jwt = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIxIn0.c2lnbmF0dXJl_-";

test.each([
  ["a token", "ghs_16C7e42F292c6912E7710c838347Ae178B4a"],
  ["a stateless token", `ghs_1234_${jwt}`],
  ["a personal token", "github_pat_11AAAAAAA0abcdefghij_klmnop"],
  ["a JSON web token", jwt],
  ["a database's password", "hunter2"],
])("%s is not logged", (_what, secret) => {
  const text =
    secret === "hunter2"
      ? `postgres://nines:${secret}@db/nines failed`
      : `authorization: bearer ${secret}, refused`;
  const line = written((log) => log.error({ err: new Error(text) }, text));
  expect(line).not.toContain(secret);
  expect(line).toMatch(/refused|failed/);
  expect(() => JSON.parse(line) as unknown).not.toThrow();
});

test("a private key is not logged, and the line stays JSON", () => {
  const key = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAK\n-----END RSA PRIVATE KEY-----\n";
  const line = written((log) => log.info({ key, cut: key.slice(0, 40), after: "kept" }, "m"));
  expect(line).not.toMatch(/MIIEow|IBAAK/);
  expect(JSON.parse(line)).toMatchObject({ after: "kept" });
});
