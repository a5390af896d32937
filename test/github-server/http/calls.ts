/** One call as the server saw it. */
export interface Call {
  method: string;
  /** The path as OpenAPI writes it ("/repos/{owner}/{repo}/pulls/{pull_number}"), or "/graphql". */
  path: string;
  /** The path as it was asked for, with its query. */
  url: string;
  /** GraphQL: the operation's name, else its root fields. */
  operation: string | null;
  /** 0 when the connection was dropped. */
  status: number;
}

export interface Calls {
  readonly all: readonly Call[];
  count(match?: Partial<Pick<Call, "method" | "path" | "operation" | "status">>): number;
  /** "GET /repos/…/pulls/{pull_number}" → how often, for a table. */
  summary(): Record<string, number>;
  reset(): void;
  add(call: Call): void;
}

export function createCalls(): Calls {
  const all: Call[] = [];
  return {
    all,
    add: (call) => void all.push(call),
    reset: () => void all.splice(0),
    count: (match = {}) =>
      all.filter((call) => Object.entries(match).every(([key, value]) => call[key as keyof Call] === value))
        .length,
    summary: () => {
      const counts: Record<string, number> = {};
      for (const { method, path, operation } of all) {
        const key = operation === null ? `${method} ${path}` : `${method} ${path} ${operation}`;
        counts[key] = (counts[key] ?? 0) + 1;
      }
      return counts;
    },
  };
}
