import { createHash, createHmac, createVerify, randomBytes, timingSafeEqual } from "node:crypto";
import type { Host, Permissions } from "../host.ts";
import type { RepositoryState } from "../state.ts";
import { unauthorized } from "./errors.ts";

export interface AppIdentity {
  kind: "app";
}
export interface InstallationIdentity {
  kind: "installation";
  installationId: number;
  account: string;
  permissions: Permissions;
  /** null: every repository of the account. */
  repositoryIds: readonly number[] | null;
}
export interface UserIdentity {
  kind: "user";
  login: string;
}
export type Identity = AppIdentity | InstallationIdentity | UserIdentity;

interface TokenClaims {
  exp: number;
  ins: number;
  rep: readonly number[] | null;
  per: Permissions;
  jti: string;
}

/** Source: REST docs, "Create an installation access token": it expires one hour from creation. */
export const TOKEN_LIFETIME_MS = 60 * 60 * 1000;
/** Source: docs, "Generating a JSON Web Token": exp is at most 10 minutes ahead. */
const JWT_LIFETIME_SECONDS = 10 * 60;
/** The docs advise an `iat` 60 seconds in the past against clock drift; the same drift is forgiven ahead. */
const DRIFT_SECONDS = 60;

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const decode = (part: string): unknown => JSON.parse(Buffer.from(part, "base64url").toString());

/** Long enough that a token has about the length of a real stateless one (some 520 characters). */
function signatureOf(host: Host, text: string): string {
  const secret = createHash("sha256")
    .update(host.publicKey.export({ type: "spki", format: "pem" }))
    .digest();
  const parts = [0, 1, 2].map((n) => createHmac("sha512", secret).update(`${n}.${text}`).digest());
  return Buffer.concat(parts).toString("base64url");
}

/** Stateless form `ghs_<app id>_<JWT>`: longer than the old 40 characters, with dots. */
export function mintInstallationToken(
  host: Host,
  identity: Omit<InstallationIdentity, "kind" | "account">,
): { token: string; expiresAt: number } {
  const expiresAt = host.now() + TOKEN_LIFETIME_MS;
  const claims: TokenClaims = {
    exp: expiresAt,
    ins: identity.installationId,
    rep: identity.repositoryIds,
    per: identity.permissions,
    jti: randomBytes(6).toString("hex"),
  };
  const text = `${encode({ alg: "RS256", typ: "JWT" })}.${encode(claims)}`;
  return { token: `ghs_${host.settings.appId}_${text}.${signatureOf(host, text)}`, expiresAt };
}

function same(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}

function readInstallationToken(host: Host, token: string): InstallationIdentity {
  const [header = "", payload = "", signature = ""] = token.replace(/^ghs_\d+_/, "").split(".");
  if (!same(signature, signatureOf(host, `${header}.${payload}`))) throw unauthorized();
  const claims = decode(payload) as TokenClaims;
  if (claims.exp <= host.now()) throw unauthorized();
  const installation = [...host.installations.values()].find(({ id }) => id === claims.ins);
  if (!installation) throw unauthorized();
  return {
    kind: "installation",
    installationId: claims.ins,
    account: installation.account,
    permissions: claims.per,
    repositoryIds: claims.rep,
  };
}

/** The app signs with its own clock, so its JWT is judged by the real one, not by the injected one. */
function readAppToken(host: Host, token: string): AppIdentity {
  const [header = "", payload = "", signature = ""] = token.split(".");
  const verified = createVerify("RSA-SHA256")
    .update(`${header}.${payload}`)
    .verify(host.publicKey, Buffer.from(signature, "base64url"));
  if (!verified) throw unauthorized("A JSON web token could not be decoded");
  const { iss, exp, iat } = decode(payload) as { iss?: string | number; exp?: number; iat?: number };
  const now = Math.floor(Date.now() / 1000);
  if (String(iss) !== String(host.settings.appId)) throw unauthorized("Integration not found");
  if (exp === undefined || exp <= now)
    throw unauthorized("'Expiration time' claim ('exp') must be a future time");
  if (exp - now > JWT_LIFETIME_SECONDS)
    throw unauthorized("'Expiration time' claim ('exp') is too far in the future");
  if (iat === undefined || iat > now + DRIFT_SECONDS)
    throw unauthorized("'Issued at' claim ('iat') must be in the past");
  return { kind: "app" };
}

/** Who is calling. Every call needs credentials here; GitHub's 60 anonymous calls an hour help no app. */
export function identify(host: Host, authorization: string | undefined): Identity {
  const token = /^(?:bearer|token) (\S+)$/i.exec(authorization ?? "")?.[1];
  if (token === undefined) throw unauthorized("Requires authentication");
  const user = host.personalTokens.get(token);
  if (user !== undefined) return { kind: "user", login: user };
  if (token.startsWith("ghs_")) return readInstallationToken(host, token);
  if (token.split(".").length === 3) return readAppToken(host, token);
  throw unauthorized();
}

/** Whether a caller may know that a repository exists; if not the answer is 404, never 403. */
export function canSee(identity: Identity, repository: RepositoryState): boolean {
  if (identity.kind === "app") return false;
  if (identity.kind === "user")
    return !repository.private || permissionOf(repository, identity.login) !== "none";
  return isCovered(identity, repository) || (!repository.private && repository.installed);
}

/** Whether an installation was given the repository; of others it may read what is public, and nothing more. */
export const isCovered = (identity: InstallationIdentity, repository: RepositoryState): boolean =>
  repository.installed &&
  repository.owner.toLowerCase() === identity.account.toLowerCase() &&
  (identity.repositoryIds?.includes(repository.id) ?? true);

/** Anyone reads a public repository; the owner is its admin; the rest was granted. */
export function permissionOf(repository: RepositoryState, login: string) {
  const granted = repository.permissions.get(login.toLowerCase());
  if (granted) return granted;
  if (login.toLowerCase() === repository.owner.toLowerCase()) return "admin";
  return repository.private ? "none" : "read";
}
