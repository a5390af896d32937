/**
 * A small cluster, to try out what can happen instead of working it out. It is written from the rules of the scheduler
 * and the controllers alone: nothing of src is used, so that it can contradict src.
 */

/** Whether a pod is of the version that was, or of the one that rolls out. */
export type Generation = "old" | "new";

/** What the scheduler must respect about one workload's pods over `nodes` nodes. */
export interface Rules {
  readonly nodes: number;
  /** Required anti-affinity of the pods against each other. */
  readonly alone?: boolean;
  /** DoNotSchedule with this skew. */
  readonly maxSkew?: number;
  readonly minDomains?: number;
  /** `matchLabelKeys: [pod-template-hash]`: only pods of the same generation are counted. */
  readonly perGeneration?: boolean;
  /** A node that takes no new pod. */
  readonly cordoned?: number;
  /** `nodeTaintsPolicy: Honor`: the cordoned node is no domain. */
  readonly honorsTaints?: boolean;
}

export type Count = Readonly<Record<Generation, number>>;

/**
 * Nodes on which a pod may be placed. PodTopologySpread (Filter): matching pods there, with this one, minus the global
 * minimum is at most maxSkew; the minimum is zero with fewer domains than minDomains. InterPodAffinity: no pod that
 * the term matches is there.
 */
export function places(counts: readonly Count[], generation: Generation, rules: Rules): number[] {
  const { alone, maxSkew, minDomains = 1, perGeneration, cordoned, honorsTaints } = rules;
  const matching = counts.map((count) => (perGeneration ? count[generation] : count.old + count.new));
  const domains = matching.filter((_, node) => !(honorsTaints && node === cordoned));
  const minimum = domains.length < minDomains ? 0 : Math.min(...domains);
  return [...counts.keys()].filter((node) => {
    if (node === cordoned) return false;
    const here = matching[node] ?? 0;
    if (alone && here > 0) return false;
    return maxSkew === undefined || here + 1 - minimum <= maxSkew;
  });
}

/** Everything that is reached from some states by steps, each once. */
export function reachable<State>(
  starts: readonly State[],
  steps: (state: State) => readonly State[],
  key: (state: State) => string,
): { readonly states: readonly State[]; readonly ends: readonly State[] } {
  const seen = new Map(starts.map((state) => [key(state), state]));
  const ends: State[] = [];
  // A Map goes on with what is added while it is walked.
  for (const state of seen.values()) {
    const next = steps(state);
    if (next.length === 0) ends.push(state);
    for (const one of next) if (!seen.has(key(one))) seen.set(key(one), one);
  }
  return { states: [...seen.values()], ends };
}

/** All ways in which the scheduler can lay `pods` old pods on empty nodes, as many as find a place; each distribution once. */
export function freshPlacements(pods: number, rules: Rules): readonly (readonly number[])[] {
  const empty = Array.from({ length: rules.nodes }, () => 0);
  const sum = (state: readonly number[]) => state.reduce((total, count) => total + count, 0);
  const steps = (state: readonly number[]) => {
    if (sum(state) === pods) return [];
    const counts = state.map((old): Count => ({ old, new: 0 }));
    return places(counts, "old", rules).map((node) =>
      state.with(node, (state[node] ?? 0) + 1).toSorted((a, b) => a - b),
    );
  };
  return reachable([empty], steps, (state) => state.join()).ends;
}
