import { createSign, generateKeyPairSync, randomBytes } from "node:crypto";
import { userId, type Host } from "../host.ts";

let generated: string | undefined;

/** Making a key takes a while, so every server of a process has the same. */
export const defaultPrivateKey = (): string =>
  (generated ??= generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
  }).privateKey);

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** The JWT that an app signs to speak as itself. */
export function signAppToken(privateKey: string, claims: Readonly<Record<string, string | number>>): string {
  const text = `${encode({ alg: "RS256", typ: "JWT" })}.${encode(claims)}`;
  return `${text}.${createSign("RSA-SHA256").update(text).sign(privateKey, "base64url")}`;
}

export function personalToken(host: Host, login: string): string {
  userId(host, login);
  const token = `ghp_${randomBytes(18).toString("hex")}`;
  host.personalTokens.set(token, login);
  return token;
}
