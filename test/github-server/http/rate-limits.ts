export type Resource = "core" | "graphql";

export interface RateLimit {
  limit: number;
  remaining: number;
  used: number;
  /** Seconds since 1970. */
  reset: number;
}

export interface RateLimits {
  get(resource: Resource): RateLimit;
  /** Changes what is left, and optionally how a call beyond it is answered. */
  set(resource: Resource, change: Partial<RateLimit> & { exceededStatus?: 403 | 429 }): void;
  exceededStatus(): 403 | 429;
  /** Counts a call; false when none was left. */
  spend(resource: Resource): boolean;
  /** A conditional call answered with 304 is free. Source: docs, "Best practices": conditional requests. */
  refund(resource: Resource): void;
  headers(resource: Resource): Record<string, string>;
}

/** Source: docs, "Rate limits for the REST API" and "… GraphQL API": 5,000 an hour for an installation. */
const HOURLY = 5000;
const HOUR_SECONDS = 3600;

export function createRateLimits(now: () => number): RateLimits {
  const seconds = () => Math.floor(now() / 1000);
  const fresh = (limit = HOURLY): RateLimit => ({
    limit,
    remaining: limit,
    used: 0,
    reset: seconds() + HOUR_SECONDS,
  });
  const limits: Record<Resource, RateLimit> = { core: fresh(), graphql: fresh() };
  let status: 403 | 429 = 403;
  const get = (resource: Resource): RateLimit => {
    if (limits[resource].reset <= seconds()) limits[resource] = fresh(limits[resource].limit);
    return limits[resource];
  };
  return {
    get,
    set: (resource, { exceededStatus, ...change }) => {
      status = exceededStatus ?? status;
      Object.assign(get(resource), change);
    },
    exceededStatus: () => status,
    spend: (resource) => {
      const limit = get(resource);
      if (limit.remaining <= 0) return false;
      limit.remaining--;
      limit.used++;
      return true;
    },
    refund: (resource) => {
      const limit = get(resource);
      limit.remaining++;
      limit.used--;
    },
    headers: (resource) => {
      const { limit, remaining, used, reset } = get(resource);
      return {
        "x-ratelimit-limit": String(limit),
        "x-ratelimit-remaining": String(remaining),
        "x-ratelimit-used": String(used),
        "x-ratelimit-reset": String(reset),
        "x-ratelimit-resource": resource,
      };
    },
  };
}
