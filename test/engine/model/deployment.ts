import { freshPlacements, places, reachable, type Generation, type Rules } from "./scheduler.ts";

/** What can happen at worst. */
export interface Outcome {
  /** The fewest ready pods. */
  readonly ready: number;
  /** The fewest ready pods that are not on one node, whichever. */
  readonly elsewhere: number;
  /** A state from which nothing goes on, and the rollout is not done. */
  readonly isStuck: boolean;
}

interface Node {
  readonly old: number;
  readonly ready: number;
  readonly starting: number;
}

interface State {
  readonly nodes: readonly Node[];
  readonly pendingOld: number;
  readonly pendingNew: number;
}

export interface Rollout {
  readonly replicas: number;
  readonly surge: number;
  readonly unavailable: number;
}

/**
 * A Deployment's rolling update, step by step, in every order and with every choice of node and of pod to delete
 * (pkg/controller/deployment: rolling.go, NewRSNewReplicas of deployment_util.go).
 */
export function deployment(rollout: Rollout, rules: Rules): Outcome {
  const starts = freshPlacements(rollout.replicas, rules).map((placed): State => {
    const pendingOld = rollout.replicas - total(placed);
    return { nodes: placed.map((old) => ({ old, ready: 0, starting: 0 })), pendingOld, pendingNew: 0 };
  });
  const steps = (state: State) => [
    ...controller(state, rollout),
    ...scheduler(state, rules),
    ...kubelet(state),
  ];
  const { states, ends } = reachable(starts, steps, key);
  return {
    ready: Math.min(...states.map(readyPods)),
    elsewhere: Math.min(
      ...states.flatMap((state) => state.nodes.map(({ old, ready }) => readyPods(state) - old - ready)),
    ),
    isStuck: ends.some((state) => newReady(state) < rollout.replicas),
  };
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

const sumOf = (state: State, of: (node: Node) => number) => total(state.nodes.map(of));
const newReady = (state: State) => sumOf(state, ({ ready }) => ready);
const oldReady = (state: State) => sumOf(state, ({ old }) => old);
const readyPods = (state: State) => newReady(state) + oldReady(state);

/** Nodes are alike: their order does not matter. */
function key({ nodes, pendingOld, pendingNew }: State): string {
  const sorted = nodes.map(({ old, ready, starting }) => `${old}.${ready}.${starting}`).toSorted();
  return [...sorted, pendingOld, pendingNew].join();
}

/** One pod at a time: scaling up comes first, and scaling down is looked at again after each pod. */
function controller(state: State, { replicas, surge, unavailable }: Rollout): State[] {
  const news = newReady(state) + sumOf(state, ({ starting }) => starting) + state.pendingNew;
  const olds = oldReady(state) + state.pendingOld;
  if (news < replicas && news + olds < replicas + surge)
    return [{ ...state, pendingNew: state.pendingNew + 1 }];
  const minAvailable = replicas - unavailable;
  const maxScaledDown = news + olds - minAvailable - (news - newReady(state));
  if (olds === 0 || maxScaledDown <= 0) return [];
  if (state.pendingOld > 0) return [{ ...state, pendingOld: state.pendingOld - 1 }];
  if (readyPods(state) <= minAvailable) return [];
  return change(state, (node) => (node.old > 0 ? { ...node, old: node.old - 1 } : undefined));
}

function scheduler(state: State, rules: Rules): State[] {
  const counts = state.nodes.map(({ old, ready, starting }) => ({ old, new: ready + starting }));
  const place = (generation: Generation, update: (node: Node) => Node) => {
    const allowed = places(counts, generation, rules);
    return change(state, (node, index) => (allowed.includes(index) ? update(node) : undefined));
  };
  const { pendingOld, pendingNew } = state;
  const old = pendingOld === 0 ? [] : place("old", (node) => ({ ...node, old: node.old + 1 }));
  const news = pendingNew === 0 ? [] : place("new", (node) => ({ ...node, starting: node.starting + 1 }));
  return [
    ...old.map((next) => ({ ...next, pendingOld: pendingOld - 1 })),
    ...news.map((next) => ({ ...next, pendingNew: pendingNew - 1 })),
  ];
}

function kubelet(state: State): State[] {
  return change(state, (node) =>
    node.starting > 0 ? { ...node, starting: node.starting - 1, ready: node.ready + 1 } : undefined,
  );
}

/** Every state in which one node is changed. */
function change(state: State, update: (node: Node, index: number) => Node | undefined): State[] {
  return state.nodes.flatMap((node, index) => {
    const changed = update(node, index);
    return changed ? [{ ...state, nodes: state.nodes.with(index, changed) }] : [];
  });
}

/**
 * Blue-green: the whole new set is started beside the old one, and users are sent to it once all of it is ready. What
 * counts are the pods that answer users: the old ones before the switch, the new ones after it.
 */
export function blueGreen(replicas: number, rules: Rules): Outcome {
  const starts = freshPlacements(replicas, rules).map((placed): State => ({
    nodes: placed.map((old) => ({ old, ready: 0, starting: 0 })),
    pendingOld: replicas - total(placed),
    pendingNew: replicas,
  }));
  const steps = (state: State) => [...scheduler(state, rules), ...kubelet(state)];
  const { states, ends } = reachable(starts, steps, key);
  const serving = states.flatMap((state) => {
    const isDone = newReady(state) === replicas;
    const before = state.nodes.map(({ old }) => oldReady(state) - old);
    return isDone ? [...before, ...state.nodes.map(({ ready }) => replicas - ready)] : before;
  });
  return {
    ready: Math.min(...states.map(oldReady)),
    elsewhere: Math.min(...serving),
    isStuck: ends.some((state) => newReady(state) < replicas),
  };
}
