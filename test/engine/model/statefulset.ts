import type { Outcome } from "./deployment.ts";
import { freshPlacements, places, reachable, type Generation, type Rules } from "./scheduler.ts";

/** A pod by its ordinal; undefined while it is deleted and not yet created again. */
interface Pod {
  readonly generation: Generation;
  readonly node: number | undefined;
  readonly ready: boolean;
}

type State = readonly (Pod | undefined)[];

export interface Update {
  readonly replicas: number;
  readonly partition: number;
  readonly unavailable: number;
  readonly ordered: boolean;
}

/**
 * A StatefulSet's rolling update, in every order (pkg/controller/statefulset/stateful_set_control.go: processReplica,
 * updateStatefulSetAfterInvariantEstablished).
 */
export function statefulSet(update: Update, rules: Rules): Outcome {
  const starts = freshPlacements(update.replicas, rules).flatMap((counts) =>
    assignments(counts).map((state): State => {
      const without: Pod = { generation: "old", node: undefined, ready: false };
      return [...state, ...Array<Pod>(update.replicas - state.length).fill(without)];
    }),
  );
  const steps = (state: State) => [
    ...controller(state, update),
    ...scheduler(state, rules),
    ...kubelet(state),
  ];
  const { states, ends } = reachable(starts, steps, key);
  const nodes = Array.from({ length: rules.nodes }, (_, node) => node);
  return {
    ready: Math.min(...states.map((state) => readyPods(state).length)),
    elsewhere: Math.min(
      ...states.flatMap((state) =>
        nodes.map((node) => readyPods(state).filter((pod) => pod?.node !== node).length),
      ),
    ),
    isStuck: ends.some((state) =>
      state.some((pod, ordinal) => !pod?.ready || (ordinal >= update.partition && pod.generation === "old")),
    ),
  };
}

function readyPods(state: State) {
  return state.filter((pod) => pod?.ready);
}

/** Which ordinals lie on which node: all ways. Pods that found no place come last. */
function assignments(counts: readonly number[]): State[] {
  if (counts.every((count) => count === 0)) return [[]];
  return counts.flatMap((count, node) =>
    count === 0
      ? []
      : assignments(counts.with(node, count - 1)).map((rest): State => [
          { generation: "old", node, ready: true },
          ...rest,
        ]),
  );
}

/** Nodes are alike: they are numbered as they come. */
function key(state: State): string {
  const names = new Map<number, number>();
  return state
    .map((pod) => {
      if (!pod) return "-";
      if (pod.node === undefined) return `${pod.generation}?`;
      const name = names.get(pod.node) ?? names.size;
      names.set(pod.node, name);
      return `${pod.generation}${name}${pod.ready ? "r" : ""}`;
    })
    .join();
}

function controller(state: State, { partition, unavailable, ordered }: Update): State[] {
  const missing = state.findIndex((pod) => pod === undefined);
  const unready = state.findIndex((pod) => !pod?.ready);
  if (missing >= 0 && (!ordered || missing === unready)) {
    const generation = missing < partition ? "old" : "new";
    return [state.with(missing, { generation, node: undefined, ready: false })];
  }
  if (ordered && unready >= 0) return [];
  if (state.length - readyPods(state).length >= unavailable) return [];
  const last = state.findLastIndex((pod, ordinal) => ordinal >= partition && pod?.generation === "old");
  return last < 0
    ? []
    : deletions(state, last, { partition, count: unavailable - (state.length - readyPods(state).length) });
}

/** As many as may be missing go in one pass, from the last one on. */
function deletions(
  state: State,
  last: number,
  { partition, count }: { partition: number; count: number },
): State[] {
  let [next, left]: [State, number] = [state, count];
  for (let ordinal = last; ordinal >= partition && left > 0; ordinal--) {
    if (next[ordinal]?.generation !== "old") continue;
    next = next.with(ordinal, undefined);
    left -= 1;
  }
  return [next];
}

function scheduler(state: State, rules: Rules): State[] {
  const counts = Array.from({ length: rules.nodes }, (_, node) => {
    const here = state.filter((pod) => pod?.node === node);
    const old = here.filter((pod) => pod?.generation === "old").length;
    return { old, new: here.length - old };
  });
  return state.flatMap((pod, ordinal) => {
    if (!pod || pod.node !== undefined) return [];
    return places(counts, pod.generation, rules).map((node) => state.with(ordinal, { ...pod, node }));
  });
}

function kubelet(state: State): State[] {
  return state.flatMap((pod, ordinal) =>
    pod && pod.node !== undefined && !pod.ready ? [state.with(ordinal, { ...pod, ready: true })] : [],
  );
}
