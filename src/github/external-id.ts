import { createHash } from "node:crypto";

/** What a check run's `external_id` says: whom it was made for, and what it shows. */
export interface ExternalId {
  /** The pull request's number, or `group` for a commit of the merge queue. */
  readonly subject: number | "group";
  /** Of all that is posted: equal digests show equal things. */
  readonly digest: string;
  /** Whether the conclusion is not its own but that of another pull request with the same head. */
  readonly borrowed: boolean;
  /** What asked for a run although nothing changed. */
  readonly attempt?: string;
}

const FORM = /^nines1:(\d+|group):([0-9a-f]{16})(b?)(?::(.+))?$/;

/** 16 hex digits over data that JSON can write. */
export const digestOf = (content: unknown): string =>
  createHash("sha256").update(JSON.stringify(content)).digest("hex").slice(0, 16);

/** `nines1:<pull|group>:<digest>[:<attempt>]`; a digest followed by `b` marks a borrowed conclusion. */
export function makeExternalId({ subject, digest, borrowed, attempt }: ExternalId): string {
  const id = `nines1:${subject}:${digest}${borrowed ? "b" : ""}`;
  return attempt === undefined ? id : `${id}:${attempt}`;
}

/** Reads an `external_id` back; undefined where it is not one of nines'. */
export function parseExternalId(text: string | null | undefined): ExternalId | undefined {
  const [, subject, digest, borrowed, attempt] = FORM.exec(text ?? "") ?? [];
  if (subject === undefined || digest === undefined) return undefined;
  const id = { subject: subject === "group" ? subject : Number(subject), digest, borrowed: borrowed === "b" } as const;
  return attempt === undefined ? id : { ...id, attempt };
}
