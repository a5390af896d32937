/** Failures that a test asks for: matched calls do not get the answer they would have got. */

export interface FaultMatch {
  method?: string;
  /** A path template, or a pattern over the path that was asked for. */
  path?: string | RegExp;
  /** A GraphQL operation. */
  operation?: string | RegExp;
}

export type FaultResponse =
  | { status: number; headers?: Readonly<Record<string, string>>; body?: unknown }
  /** The call never arrives. */
  | "drop-connection-before"
  /** The call is carried out, but its answer is lost: the caller cannot know. */
  | "drop-connection-after"
  | { delayMs: number };

export interface Fault {
  match: FaultMatch;
  /** How many matching calls fail; 1 if not said. */
  times?: number;
  /** How many matching calls pass first. */
  after?: number;
  respond: FaultResponse;
}

export interface Faulty {
  method: string;
  path: string;
  url: string;
  operation: string | null;
}

export interface Faults {
  add(fault: Fault): void;
  clear(): void;
  /** New content is not everywhere at once: the next calls for files or git objects answer 404. */
  eventually(times: { files?: number; git?: number }): void;
  /** A secondary limit, which `x-ratelimit-remaining` does not announce. */
  secondaryLimit(options?: { match?: FaultMatch; times?: number; retryAfter?: number }): void;
  take(call: Faulty): FaultResponse | undefined;
}

const fits = (wanted: string | RegExp | undefined, ...values: (string | null)[]): boolean =>
  wanted === undefined ||
  values.some(
    (value) => value !== null && (typeof wanted === "string" ? wanted === value : wanted.test(value)),
  );

const matches = (match: FaultMatch, call: Faulty): boolean =>
  fits(match.method?.toUpperCase(), call.method) &&
  fits(match.path, call.path, call.url) &&
  fits(match.operation, call.operation);

const NOT_YET = {
  status: 404,
  body: { message: "Not Found", documentation_url: "https://docs.github.com/rest", status: "404" },
};

/** Source: docs, "Rate limits for the REST API", secondary limits: 403 or 429 with `retry-after`. */
const secondary = (retryAfter: number): FaultResponse => ({
  status: 403,
  headers: { "retry-after": String(retryAfter) },
  body: {
    message: "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
    documentation_url:
      "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits",
  },
});

export function createFaults(): Faults {
  let active: { fault: Fault; left: number; skip: number }[] = [];
  const add = (fault: Fault): void =>
    void active.push({ fault, left: fault.times ?? 1, skip: fault.after ?? 0 });
  return {
    add,
    clear: () => (active = []),
    eventually: ({ files = 0, git = 0 }) => {
      add({
        match: { path: "/repos/{owner}/{repo}/pulls/{pull_number}/files" },
        times: files,
        respond: NOT_YET,
      });
      add({ match: { path: /\/git\// }, times: git, respond: NOT_YET });
    },
    secondaryLimit: ({ match = {}, times = 1, retryAfter = 60 } = {}) =>
      add({ match, times, respond: secondary(retryAfter) }),
    take: (call) => {
      const found = active.find(({ fault, left }) => left > 0 && matches(fault.match, call));
      if (!found) return undefined;
      if (found.skip > 0) {
        found.skip--;
        return undefined;
      }
      found.left--;
      return found.fault.respond;
    },
  };
}
