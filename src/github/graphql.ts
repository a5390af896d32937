import { graphqlErrors, limitedUntil, type GraphqlError } from "./errors.ts";
import type { Octokit } from "./octokit.ts";

export interface Answer<T> {
  readonly data: T;
  /** What was left out, where not everything was. GitHub answers in part since it has resource limits. */
  readonly errors: readonly GraphqlError[];
}

/**
 * Asks, and gives back also what came in part: a missing `.github` repository is an error beside good data.
 * @throws what Octokit throws where there are no data at all, or where a rate limit is behind the errors
 */
export async function ask<T>(
  octokit: Octokit,
  query: string,
  variables: Record<string, string | number | null>,
  request: { retries?: number } = {},
): Promise<Answer<T>> {
  try {
    return { data: await octokit.graphql<T>(query, { ...variables, request }), errors: [] };
  } catch (error) {
    const { data } = error as { data?: T | null };
    const errors = graphqlErrors(error);
    if (errors.length === 0 || data === undefined || data === null || limitedUntil(error, new Date(0)))
      throw error;
    return { data, errors };
  }
}

/** Asks, and takes only the whole answer. */
export async function askAll<T>(...question: Parameters<typeof ask>): Promise<T> {
  const { data, errors } = await ask<T>(...question);
  const [first] = errors;
  if (first) throw new Error(`GitHub answered in part only: ${first.message}`);
  return data;
}

/** Whether an entry of `errors` is about this alias of the query. */
export const isAbout =
  (alias: string) =>
  ({ path }: GraphqlError): boolean =>
    path?.[0] === alias;
