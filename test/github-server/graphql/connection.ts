import { failure } from "./errors.ts";

export interface Paging {
  first?: number | null;
  last?: number | null;
  after?: string | null;
  before?: string | null;
}

/** Source: docs, "Node limit" of the GraphQL API: `first` or `last`, within 1–100. */
const MAXIMUM = 100;

/** An argument that was left out, or given as null: GraphQL means the same by both. */
const isMissing = (value: unknown): value is null | undefined => value === null || value === undefined;

/** Whether a filter that may be left out accepts a value. */
export const accepts = <T>(wanted: T | null | undefined, value: T | null): boolean =>
  isMissing(wanted) || wanted === value;

function checkSize(name: string, { first, last }: Paging): void {
  if (isMissing(first) && isMissing(last))
    throw failure(
      "MISSING_PAGINATION_BOUNDARIES",
      `You must provide a \`first\` or \`last\` value to properly paginate the \`${name}\` connection.`,
    );
  for (const [which, size] of [["first", first] as const, ["last", last] as const]) {
    if (isMissing(size)) continue;
    if (size < 1 || size > MAXIMUM)
      throw failure(
        "EXCESSIVE_PAGINATION",
        `Requesting ${size} records on the \`${name}\` connection exceeds the \`${which}\` limit of ${MAXIMUM} records.`,
      );
  }
}

const cursorOf = (index: number): string => Buffer.from(`cursor:${index}`).toString("base64");
const indexOf = (cursor: string): number => Number(Buffer.from(cursor, "base64").toString().split(":")[1]);

/** One page of a list, as a GraphQL connection. */
export function connection<T>(name: string, all: readonly T[], args: Paging) {
  checkSize(name, args);
  let start = isMissing(args.after) ? 0 : indexOf(args.after) + 1;
  let end = isMissing(args.before) ? all.length : indexOf(args.before);
  if (!isMissing(args.first)) end = Math.min(end, start + args.first);
  else if (!isMissing(args.last)) start = Math.max(start, end - args.last);
  const nodes = all.slice(start, end);
  return {
    totalCount: all.length,
    nodes,
    edges: nodes.map((node, at) => ({ node, cursor: cursorOf(start + at) })),
    pageInfo: {
      hasNextPage: end < all.length,
      hasPreviousPage: start > 0,
      startCursor: nodes.length > 0 ? cursorOf(start) : null,
      endCursor: nodes.length > 0 ? cursorOf(end - 1) : null,
    },
  };
}
