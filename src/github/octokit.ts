import { Octokit as RestOctokit } from "@octokit/rest";
import { setTimeout as wait } from "node:timers/promises";

/** All that nines asks of a client. Any Octokit fits: the app's, the command line's, a test's. */
export type Octokit = Pick<InstanceType<typeof RestOctokit>, "request" | "graphql">;

/** Pinned, so that a newer default of GitHub's cannot change what the answers mean. */
const API_VERSION = "2022-11-28";
/** GitHub gives up on a request after 10 s; a connection silent for longer than this is dead. */
const DEADLINE_MS = 15_000;
/** Waits between the tries of a read. Longer outages are the queue's business. */
const PAUSES_MS = [250, 750];

/** What a request looks like to a hook: the part that is used here. */
interface Outgoing {
  method?: string;
  url: string;
  query?: unknown;
  headers: Record<string, string | number | undefined>;
  request?: { retries?: number; signal?: AbortSignal };
}
interface Hooked {
  hook: {
    wrap(name: "request", around: (request: (options: never) => unknown, options: unknown) => unknown): void;
  };
}

const fetchInTime: typeof fetch = async (input, init) => {
  const deadline = AbortSignal.timeout(DEADLINE_MS);
  const signal = init?.signal ? AbortSignal.any([init.signal, deadline]) : deadline;
  try {
    return await fetch(input, { ...init, signal });
  } catch (error) {
    // Whatever reason the caller gave, Octokit knows a call that was called off by this name only.
    if (init?.signal?.aborted) throw new DOMException("The work was called off", "AbortError");
    throw error;
  }
};

const isRead = ({ method, url, query }: Outgoing): boolean =>
  method === "GET" || (url.endsWith("/graphql") && typeof query === "string" && /^\s*query\b/.test(query));

/** What was pushed a moment ago is not everywhere at once: git objects and diffs answer 404 for a second or two. */
const mayAppear = (url: string): boolean => /\/(git|compare)\/|\/files$/.test(url);

function isWorthAnotherTry(error: unknown, { url, request }: Outgoing): boolean {
  if (request?.signal?.aborted || request?.retries === 0) return false;
  const status = (error as { status?: unknown }).status;
  return typeof status === "number" && (status >= 500 || (status === 404 && mayAppear(url)));
}

async function tryAgain<T>(attempt: () => Promise<T>, options: Outgoing): Promise<T> {
  for (const pause of PAUSES_MS) {
    try {
      return await attempt();
    } catch (error) {
      if (!isWorthAnotherTry(error, options)) throw error;
      await wait(pause, undefined, options.request?.signal ? { signal: options.request.signal } : {});
    }
  }
  return attempt();
}

/**
 * An Octokit plugin: pins the API version, and tries a read again that failed on GitHub's side. A write is never
 * repeated here, since a lost answer does not mean that nothing was written.
 */
export function politeRequests(octokit: Hooked): Record<string, never> {
  octokit.hook.wrap("request", (request, given) => {
    const options = given as Outgoing;
    options.headers["x-github-api-version"] = API_VERSION;
    const attempt = () => Promise.resolve(request({ ...options, request: { ...options.request } } as never));
    return isRead(options) ? tryAgain(attempt, options) : attempt();
  });
  return {};
}

/** Options that every client of nines shares. */
export const clientOptions = { userAgent: "nines", request: { fetch: fetchInTime } };

const nothing = () => undefined;
/** Octokit prints every failed request on stderr; the command line says in one line of its own what went wrong. */
const SILENT = { debug: nothing, info: nothing, warn: nothing, error: nothing };

const TokenOctokit = RestOctokit.plugin(politeRequests);

/**
 * A client with a person's token, for the command line.
 * @param baseUrl the REST root of a GitHub Enterprise Server; github.com where absent
 */
export function tokenOctokit(token: string, baseUrl?: string): Octokit {
  return new TokenOctokit({
    ...clientOptions,
    log: SILENT,
    auth: token,
    ...(baseUrl === undefined ? {} : { baseUrl }),
  });
}

/** The same client, whose calls end when the signal does. */
export const withSignal = ({ request, graphql }: Octokit, signal: AbortSignal): Octokit => ({
  request: request.defaults({ request: { signal } }),
  graphql: graphql.defaults({ request: { signal } }),
});
