import { generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import { readConfig } from "../../src/config.ts";

const pem = generateKeyPairSync("rsa", { modulusLength: 2048 })
  .privateKey.export({ type: "pkcs1", format: "pem" })
  .toString();
const elliptic = generateKeyPairSync("ec", { namedCurve: "P-256" })
  .privateKey.export({ type: "pkcs8", format: "pem" })
  .toString();
const good = { APP_ID: "12", PRIVATE_KEY: pem, WEBHOOK_SECRET: "s3cret" };

const noFile = (path: string): string => {
  throw new Error(`ENOENT: no such file or directory, open '${path}'`);
};
const config = (environment: Record<string, string | undefined>, readFile = noFile) => {
  const result = readConfig(environment, readFile);
  if (!result.ok) throw new Error(result.problems.join("\n"));
  return result.config;
};
const problems = (environment: Record<string, string | undefined>, readFile = noFile) => {
  const result = readConfig(environment, readFile);
  return result.ok ? [] : result.problems;
};

test("with only what is needed, the rest has defaults", () => {
  expect(config(good)).toEqual({
    appId: 12,
    privateKey: expect.stringContaining("-----BEGIN PRIVATE KEY-----"),
    secrets: ["s3cret"],
    host: "127.0.0.1",
    port: 3000,
    store: { kind: "embedded", folder: "./data" },
    logLevel: "info",
    concurrency: 4,
    bounds: { seconds: 60, memoryMB: 1_024 },
    recoverySeconds: 300,
    sweepSeconds: 1_800,
  });
});

test("with nothing, everything that is missing is told at once, and how to get it", () => {
  expect(problems({})).toEqual([
    expect.stringMatching(/^APP_ID is missing\..*GitHub Apps/),
    expect.stringMatching(/private key is missing: set PRIVATE_KEY_PATH.*Generate one/),
    expect.stringMatching(/^WEBHOOK_SECRET is missing.*openssl rand/),
  ]);
});

test("an empty variable counts as absent", () => {
  expect(problems({ ...good, APP_ID: " " })).toEqual([expect.stringContaining("APP_ID is missing")]);
  expect(config({ ...good, DATABASE_URL: "", GITHUB_API_URL: "" }).store.kind).toBe("embedded");
});

test.each([
  ["a client id for the app id", { APP_ID: "Iv23liABC" }, /APP_ID is "Iv23liABC"; it must be a number/],
  ["Probot's public secret", { WEBHOOK_SECRET: "development" }, /which everybody knows/],
  [
    "the public secret as the previous one",
    { WEBHOOK_SECRET_PREVIOUS: "development" },
    /which everybody knows/,
  ],
  ["a port that is none", { PORT: "80a" }, /PORT is "80a"; it must be a whole number from 0 to 65535/],
  ["too much at once", { CONCURRENCY: "1000" }, /CONCURRENCY.*from 1 to 64/],
  ["an unknown log level", { LOG_LEVEL: "loud" }, /LOG_LEVEL is "loud"; it must be one of trace/],
  ["an address without scheme", { GITHUB_API_URL: "github.example.com" }, /GITHUB_API_URL is not a URL/],
  ["a key that is no key", { PRIVATE_KEY: "hello" }, /PRIVATE_KEY is not a private key in PEM form/],
  ["a key of another kind", { PRIVATE_KEY: elliptic }, /PRIVATE_KEY is not an RSA key/],
])("%s is told", (_what, change, message) => {
  expect(problems({ ...good, ...change })).toEqual([expect.stringMatching(message)]);
});

test("a database's password is not shown", () => {
  expect(problems({ ...good, DATABASE_URL: "mysql://me:hunter2@host/db" }).join()).not.toContain("hunter2");
});

describe("the private key", () => {
  const rest = { APP_ID: good.APP_ID, WEBHOOK_SECRET: good.WEBHOOK_SECRET };

  test.each([
    ["with its line breaks written out", pem.replaceAll("\n", "\\n")],
    ["in base64", Buffer.from(pem).toString("base64")],
  ])("is read %s", (_how, text) => {
    expect(config({ ...rest, PRIVATE_KEY: text }).privateKey).toContain("BEGIN PRIVATE KEY");
  });

  test("is read from a file", () => {
    expect(config({ ...rest, PRIVATE_KEY_PATH: "/k.pem" }, () => pem).privateKey).toContain(
      "BEGIN PRIVATE KEY",
    );
  });

  test("whose file is missing or wrong is told with the path", () => {
    expect(problems({ ...rest, PRIVATE_KEY_PATH: "/k.pem" })).toEqual([
      expect.stringMatching(/\/k\.pem.*cannot be read: ENOENT/),
    ]);
    expect(problems({ ...rest, PRIVATE_KEY_PATH: "/k.pem" }, () => "x")).toEqual([
      expect.stringMatching(/\/k\.pem.*is not a private key/),
    ]);
  });
});

test("both secrets, a database and an Enterprise Server are taken over", () => {
  const read = config({
    ...good,
    WEBHOOK_SECRET_PREVIOUS: "old",
    DATABASE_URL: "postgres://me@host/nines",
    GITHUB_API_URL: "https://github.example.com/api/v3/",
  });
  expect(read).toMatchObject({
    secrets: ["s3cret", "old"],
    store: { kind: "postgres", url: "postgres://me@host/nines" },
    apiUrl: "https://github.example.com/api/v3",
  });
});
