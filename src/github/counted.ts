import type { Metrics } from "../metrics.ts";

interface Options {
  readonly method?: string;
  readonly url: string;
  readonly query?: unknown;
}
interface Outcome {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | number | undefined>>;
  readonly response?: { readonly headers?: Outcome["headers"] };
}
interface Hooked {
  hook: {
    wrap(name: "request", around: (request: (options: never) => unknown, options: unknown) => unknown): void;
  };
}

/** An Octokit plugin that counts calls by route and status, and notes what is left of the rate limit. */
export const counted =
  ({ githubRequests, rateLimits }: Pick<Metrics, "githubRequests" | "rateLimits">) =>
  (octokit: Hooked): Record<string, never> => {
    const note = (route: string, { status, headers, response }: Outcome) => {
      githubRequests.inc({ route, status: status ?? 0 });
      const { "x-ratelimit-resource": resource, "x-ratelimit-remaining": left } =
        headers ?? response?.headers ?? {};
      if (left !== undefined) rateLimits.note(String(resource ?? "core"), Number(left));
    };
    octokit.hook.wrap("request", async (request, options) => {
      const route = routeOf(options as Options);
      try {
        const answer = await request(options as never);
        note(route, answer as Outcome);
        return answer;
      } catch (error) {
        note(route, error as Outcome);
        throw error;
      }
    });
    return {};
  };

/** The route's template, never its values: labels must stay few. GraphQL calls go by the name of their operation. */
function routeOf({ method, url, query }: Options): string {
  if (url.endsWith("/graphql")) {
    const [, kind, name] = /^\s*(query|mutation)\s+(\w+)/.exec(typeof query === "string" ? query : "") ?? [];
    return `${kind ?? "query"} ${name ?? "unnamed"}`;
  }
  return `${method ?? "GET"} ${url.replace(/^https?:\/\/[^/]+/, "").replace(/\/\d+(?=\/|$)/g, "/{id}")}`;
}
