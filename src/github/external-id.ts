import { createHash } from "node:crypto";

/** A pull request by its number, or a commit of the merge queue by the SHA of its base. */
export type Subject = number | { readonly base: string };

/** What a check run's `external_id` says: whom it was made for, and what it shows. */
export interface ExternalId {
  readonly subject: Subject;
  /** Of all that is posted: equal digests show equal things. */
  readonly digest: string;
  /** Whether the conclusion is not its own but that of another pull request with the same head. */
  readonly borrowed: boolean;
  /** What asked for a run although nothing changed. */
  readonly attempt?: string;
}

const FORM = /^nines1:(?:(\d+)|group\.([0-9a-f]{40,64})):([0-9a-f]{16})(b?)(?::(.+))?$/;

/** 16 hex digits over data that JSON can write. */
export const digestOf = (content: unknown): string =>
  createHash("sha256").update(JSON.stringify(content)).digest("hex").slice(0, 16);

/** How a subject is written in an external id. */
export const subjectName = (subject: Subject): string =>
  typeof subject === "number" ? String(subject) : `group.${subject.base}`;

/** `nines1:<pull|group.base>:<digest>[:<attempt>]`; a digest followed by `b` marks a borrowed conclusion. */
export function makeExternalId({ subject, digest, borrowed, attempt }: ExternalId): string {
  const id = `nines1:${subjectName(subject)}:${digest}${borrowed ? "b" : ""}`;
  return attempt === undefined ? id : `${id}:${attempt}`;
}

/** Reads an `external_id` back; undefined where it is not one of nines'. */
export function parseExternalId(text: string | null | undefined): ExternalId | undefined {
  const [, pull, base, digest, borrowed, attempt] = FORM.exec(text ?? "") ?? [];
  if (digest === undefined) return undefined;
  const subject = base === undefined ? Number(pull) : { base };
  return { subject, digest, borrowed: borrowed === "b", ...(attempt !== undefined && { attempt }) };
}
