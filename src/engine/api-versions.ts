import { REMOVED_APIS, REMOVED_BY_OTHERS } from "./removed-apis.ts";

/** An API version that a release of Kubernetes, or of an operator, stopped to serve. */
export interface RemovedApi {
  readonly group: string;
  readonly version: string;
  readonly kinds: readonly string[];
  /** The first minor version without it. */
  readonly removedIn: string;
  /** `apiVersion` to write; undefined where the kind is gone altogether. */
  readonly replacement?: string;
  /** Nothing but the version has to change. */
  readonly sameFields?: boolean;
  /** Who served it, where that is not Kubernetes itself; `removedIn` is a version of theirs. */
  readonly by?: string;
  /** The first minor version that serves the replacement, where that matters to clusters before `removedIn`. */
  readonly replacementSince?: string;
}

/** A minor version out of support, or nearly (https://kubernetes.io/releases/): what is gone there is gone on every cluster that is kept up. */
const OLDEST_SUPPORTED = "1.33";

const byName = new Map(
  [...REMOVED_APIS, ...REMOVED_BY_OTHERS].flatMap((api) =>
    api.kinds.map((kind) => [`${api.group}/${api.version}/${kind}`, api]),
  ),
);

/** What is known of a version of a kind that is not served for ever; undefined where nothing is. */
export function removedApi(of: {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}): RemovedApi | undefined {
  return byName.get(`${of.group}/${of.version}/${of.kind}`);
}

/** How an object's version stands in a cluster; undefined where it is served, or nothing could take its place yet. */
export type ApiStanding = "gone" | "going";

/** @param version the cluster's minor version, where somebody says it */
export function standingOf(api: RemovedApi, version: string | undefined): ApiStanding | undefined {
  if (api.by !== undefined || isAtLeast(version ?? OLDEST_SUPPORTED, api.removedIn)) return "gone";
  if (version === undefined || api.replacement === undefined) return undefined;
  return isAtLeast(version, api.replacementSince ?? version) ? "going" : undefined;
}

/** Whether minor version `a` is `b` or newer: `1.9` is older than `1.22`. */
function isAtLeast(a: string, b: string): boolean {
  const [first = 0, second = 0] = a.split(".").map(Number);
  const [other = 0, another = 0] = b.split(".").map(Number);
  return first === other ? second >= another : first > other;
}
