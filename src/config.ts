import { createPrivateKey } from "node:crypto";
import type { Bounds } from "./judge/index.ts";
import type { StoreOptions } from "./queue/store.ts";

/** What the environment decides. */
export interface Config {
  readonly appId: number;
  /** PEM, PKCS#8. */
  readonly privateKey: string;
  /** The current webhook secret first; a previous one while it is being replaced. */
  readonly secrets: readonly [string, ...string[]];
  /** REST API of an Enterprise Server, such as https://github.example.com/api/v3; github.com where absent. */
  readonly apiUrl?: string;
  readonly host: string;
  readonly port: number;
  readonly store: StoreOptions;
  readonly logLevel: LogLevel;
  /** Reviews at once in this process. */
  readonly concurrency: number;
  /** What one review may take. */
  readonly bounds: Bounds;
  /** Seconds between two searches for webhooks that got lost. */
  readonly recoverySeconds: number;
  /** Seconds between two searches for pull requests without a verdict; 0 for none. */
  readonly sweepSeconds: number;
}

export type ConfigResult =
  | { readonly ok: true; readonly config: Config }
  /** Each problem says what is missing or wrong, and how to get it right. */
  | { readonly ok: false; readonly problems: readonly string[] };

const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
type LogLevel = (typeof LOG_LEVELS)[number];

type Environment = Readonly<Record<string, string | undefined>>;
type ReadFile = (path: string) => string;

/** A value, or what is wrong about it. */
type Setting<T> = { readonly value: T } | { readonly problem: string };

const SETTINGS_PAGE = "Settings → Developer settings → GitHub Apps → your app";

/** Reads the whole configuration and tells all problems at once. Empty variables count as absent. */
export function readConfig(environment: Environment, readFile: ReadFile): ConfigResult {
  const env: Environment = Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [
      name,
      value?.trim() === "" ? undefined : value?.trim(),
    ]),
  );
  const settings = settingsOf(env, readFile);
  const problems = Object.values(settings).flatMap((setting) =>
    "problem" in setting ? [setting.problem] : [],
  );
  if (!allGood(settings)) return { ok: false, problems };
  const { apiUrl, databaseUrl, ...rest } = settings;
  return {
    ok: true,
    config: {
      appId: rest.appId.value,
      privateKey: rest.privateKey.value,
      secrets: rest.secrets.value,
      ...(apiUrl.value === undefined ? {} : { apiUrl: apiUrl.value }),
      host: env["HOST"] ?? "127.0.0.1",
      port: rest.port.value,
      store:
        databaseUrl.value === undefined
          ? { kind: "embedded", folder: env["DATA_DIR"] ?? "./data" }
          : { kind: "postgres", url: databaseUrl.value },
      logLevel: rest.logLevel.value,
      concurrency: rest.concurrency.value,
      bounds: { seconds: rest.seconds.value, memoryMB: rest.memoryMB.value },
      recoverySeconds: rest.recoverySeconds.value,
      sweepSeconds: rest.sweepSeconds.value,
    },
  };
}

const settingsOf = (env: Environment, readFile: ReadFile) => ({
  appId: appId(env["APP_ID"]),
  privateKey: privateKey(env, readFile),
  secrets: secrets(env["WEBHOOK_SECRET"], env["WEBHOOK_SECRET_PREVIOUS"]),
  apiUrl: url(
    "GITHUB_API_URL",
    env["GITHUB_API_URL"],
    /^https?:$/,
    "such as https://github.example.com/api/v3",
  ),
  databaseUrl: url(
    "DATABASE_URL",
    env["DATABASE_URL"],
    /^postgres(ql)?:$/,
    "such as postgres://user:password@host/nines",
  ),
  port: integer("PORT", env["PORT"], { min: 0, max: 65_535, otherwise: 3000 }),
  concurrency: integer("CONCURRENCY", env["CONCURRENCY"], { min: 1, max: 64, otherwise: 4 }),
  seconds: integer("REVIEW_SECONDS", env["REVIEW_SECONDS"], { min: 1, max: 600, otherwise: 60 }),
  memoryMB: integer("REVIEW_MEMORY_MB", env["REVIEW_MEMORY_MB"], {
    min: 64,
    max: 65_536,
    otherwise: 1_024,
  }),
  recoverySeconds: integer("RECOVERY_SECONDS", env["RECOVERY_SECONDS"], {
    min: 1,
    max: 86_400,
    otherwise: 300,
  }),
  sweepSeconds: integer("SWEEP_SECONDS", env["SWEEP_SECONDS"], { min: 0, max: 86_400, otherwise: 1_800 }),
  logLevel: logLevel(env["LOG_LEVEL"]),
});

type Good<T> = { [Key in keyof T]: Extract<T[Key], { value: unknown }> };

function allGood<T extends Record<string, Setting<unknown>>>(settings: T): settings is T & Good<T> {
  return Object.values(settings).every((setting) => "value" in setting);
}

function appId(text: string | undefined): Setting<number> {
  if (text === undefined)
    return {
      problem: `APP_ID is missing. It is the number shown as "App ID" on ${SETTINGS_PAGE} → General.`,
    };
  if (!/^[1-9]\d*$/.test(text))
    return {
      problem: `APP_ID is "${text}"; it must be a number. It is shown as "App ID" on ${SETTINGS_PAGE} → General (the client ID is something else).`,
    };
  return { value: Number(text) };
}

function privateKey(env: Environment, readFile: ReadFile): Setting<string> {
  const path = env["PRIVATE_KEY_PATH"];
  const how = `Generate one on ${SETTINGS_PAGE} → General → Private keys; it comes as a .pem file.`;
  if (env["PRIVATE_KEY"] !== undefined) return readKey("PRIVATE_KEY", env["PRIVATE_KEY"], how);
  if (path === undefined)
    return {
      problem: `The app's private key is missing: set PRIVATE_KEY_PATH to the file, or PRIVATE_KEY to its content. ${how}`,
    };
  try {
    return readKey(`The file ${path} (PRIVATE_KEY_PATH)`, readFile(path), how);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { problem: `The file ${path} (PRIVATE_KEY_PATH) cannot be read: ${reason}. ${how}` };
  }
}

/** Takes PEM, PEM with `\n` written out as many secret stores do, and base64 of PEM. */
function readKey(name: string, text: string, how: string): Setting<string> {
  const plain = text.includes("-----")
    ? text.replaceAll("\\n", "\n")
    : Buffer.from(text, "base64").toString("utf8");
  try {
    const key = createPrivateKey(plain);
    if (key.asymmetricKeyType !== "rsa")
      return { problem: `${name} is not an RSA key, as GitHub's are. ${how}` };
    return { value: key.export({ type: "pkcs8", format: "pem" }).toString() };
  } catch {
    return {
      problem: `${name} is not a private key in PEM form ("-----BEGIN RSA PRIVATE KEY-----…"). ${how}`,
    };
  }
}

/** Probot falls back to this one where none is set; whoever knows it can send webhooks. */
const PUBLIC_SECRET = "development";

function secrets(current: string | undefined, previous: string | undefined): Setting<[string, ...string[]]> {
  const how = `Make one up (for example with "openssl rand -hex 32") and write it here and on ${SETTINGS_PAGE} → General → Webhook secret.`;
  if (current === undefined)
    return { problem: `WEBHOOK_SECRET is missing: without it anybody could send webhooks. ${how}` };
  if (current === PUBLIC_SECRET || previous === PUBLIC_SECRET)
    return { problem: `A webhook secret is "${PUBLIC_SECRET}", which everybody knows. ${how}` };
  return { value: previous === undefined ? [current] : [current, previous] };
}

function url(
  name: string,
  text: string | undefined,
  schemes: RegExp,
  example: string,
): Setting<string | undefined> {
  if (text === undefined) return { value: undefined };
  const parsed = URL.parse(text);
  // The value itself may hold a password, so it is not repeated.
  if (!parsed || !schemes.test(parsed.protocol))
    return { problem: `${name} is not a URL of its kind, ${example}.` };
  return { value: text.replace(/\/$/, "") };
}

function integer(
  name: string,
  text: string | undefined,
  { min, max, otherwise }: { min: number; max: number; otherwise: number },
): Setting<number> {
  if (text === undefined) return { value: otherwise };
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return { value };
  return {
    problem: `${name} is "${text}"; it must be a whole number from ${min} to ${max}. Without it, ${otherwise} is used.`,
  };
}

function logLevel(text: string | undefined): Setting<LogLevel> {
  const level = LOG_LEVELS.find((known) => known === (text ?? "info"));
  if (level) return { value: level };
  return { problem: `LOG_LEVEL is "${text ?? ""}"; it must be one of ${LOG_LEVELS.join(", ")}.` };
}
