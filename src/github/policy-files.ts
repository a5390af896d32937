import type { PolicySource } from "../policy/index.ts";
import type { GraphqlError } from "./errors.ts";
import { isAbout } from "./graphql.ts";
import type { BlobAnswer } from "./queries.ts";

/** Where a repository's own policy lies. */
export const REPOSITORY_POLICY = ".github/nines.yml";
/** Where the organisation's lies, in its `.github` repository. */
export const ORGANISATION_POLICY = "nines.yml";

/** The policy files in force. A file that is there and could not be read must not count as absent. */
export interface PolicyFiles {
  readonly sources: readonly PolicySource[];
  /** One sentence for each file that could not be read. */
  readonly unreadable: readonly string[];
}

type Origin = PolicySource["origin"];
type File = BlobAnswer | Record<string, never> | null | undefined;

const isBlob = (file: File): file is BlobAnswer => typeof file?.["oid"] === "string";

const pathOf = (origin: Origin) => (origin === "organisation" ? ORGANISATION_POLICY : REPOSITORY_POLICY);

/** Undefined where there is no such file; a sentence where it is there and is no text. */
function sourceOf(origin: Origin, file: File): PolicySource | string | undefined {
  const path = pathOf(origin);
  if (file === null || file === undefined) return undefined;
  if (!isBlob(file)) return `The ${origin}'s ${path} is not a file.`;
  if (file.isTruncated || file.isBinary === true || file.text === null)
    return `The ${origin}'s ${path} is not a text file of a readable size.`;
  return { origin, path, text: file.text };
}

/** Not found means absent, whether the repository is missing or the app may not see it: GitHub does not tell them apart. */
function organisationFailure(errors: readonly GraphqlError[]): string | undefined {
  const failure = errors.filter(isAbout("organisation")).find(({ type }) => type !== "NOT_FOUND");
  return failure && `The organisation's .github repository could not be read: ${failure.message}`;
}

/** Both policy files out of a context query. */
export function policyFiles(
  organisation: File,
  repository: File,
  errors: readonly GraphqlError[],
): PolicyFiles {
  const read = [sourceOf("organisation", organisation), sourceOf("repository", repository)];
  const failure = organisationFailure(errors);
  return {
    sources: read.filter((source) => typeof source === "object"),
    unreadable: [
      ...read.filter((source) => typeof source === "string"),
      ...(failure === undefined ? [] : [failure]),
    ],
  };
}
