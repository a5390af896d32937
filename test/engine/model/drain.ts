import { freshPlacements, places, reachable, type Rules } from "./scheduler.ts";

interface State {
  readonly ready: readonly number[];
  readonly starting: readonly number[];
  readonly pending: number;
}

/** The node that is drained. */
const DRAINED = 0;

/**
 * `kubectl drain` of a node, with evictions one by one, as the eviction API grants them: only while more pods are
 * healthy than must stay (`desired`; undefined without a budget). The pods' controller starts each anew at once.
 */
export function drain(
  { replicas, desired }: { replicas: number; desired: number | undefined },
  rules: Rules,
): { readonly ready: number; readonly isStuck: boolean } {
  const cordoned = { ...rules, cordoned: DRAINED };
  const starts = freshPlacements(replicas, rules).flatMap((placed) =>
    [...placed.keys()].map((node): State => {
      const others = placed.filter((_, index) => index !== node);
      return {
        ready: [placed[node] ?? 0, ...others],
        starting: placed.map(() => 0),
        pending: replicas - sum(placed),
      };
    }),
  );
  const steps = (state: State) => [
    ...evict(state, desired),
    ...scheduler(state, cordoned),
    ...kubelet(state),
  ];
  const { states, ends } = reachable(starts, steps, (state) => JSON.stringify(state));
  return {
    ready: Math.min(...states.map(({ ready }) => sum(ready))),
    isStuck: ends.some(({ ready }) => (ready[DRAINED] ?? 0) > 0),
  };
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}

function evict({ ready, starting, pending }: State, desired: number | undefined): State[] {
  const here = ready[DRAINED] ?? 0;
  if (here === 0 || (desired !== undefined && sum(ready) <= desired)) return [];
  return [{ ready: ready.with(DRAINED, here - 1), starting, pending: pending + 1 }];
}

function scheduler({ ready, starting, pending }: State, rules: Rules): State[] {
  if (pending === 0) return [];
  const counts = ready.map((count, node) => ({ old: count + (starting[node] ?? 0), new: 0 }));
  return places(counts, "old", rules).map((node) => ({
    ready,
    starting: starting.with(node, (starting[node] ?? 0) + 1),
    pending: pending - 1,
  }));
}

function kubelet({ ready, starting, pending }: State): State[] {
  return starting.flatMap((count, node) =>
    count === 0
      ? []
      : [
          {
            ready: ready.with(node, (ready[node] ?? 0) + 1),
            starting: starting.with(node, count - 1),
            pending,
          },
        ],
  );
}
