import type { Placed } from "./commands.ts";
import { walk } from "./expressions.ts";
import type { Expr } from "./expressions.ts";
import type { Condition } from "./model.ts";
import { and } from "./reading.ts";
import type { Fork, Guard } from "./shell-forks.ts";

/** A command that may be passed by, and what for: one of several ways of doing the same is taken. */
interface Guarded {
  readonly purpose: string;
  readonly guards?: readonly Placed[];
}

/**
 * Leaves each test only the guards by which it is left out unseen. A fork that tests on every way, or fails on those
 * that do not test, leaves nothing out.
 */
export function withSkips<T extends Guarded>(
  all: readonly T[],
): (T & { readonly guards: readonly Placed[] })[] {
  const taken = new Map<string, Map<Fork, Set<number>>>();
  for (const { purpose, guards = [] } of all) {
    const forks = taken.get(purpose) ?? new Map<Fork, Set<number>>();
    taken.set(purpose, forks);
    for (const { guard } of guards)
      forks.set(guard.fork, new Set([...(forks.get(guard.fork) ?? guard.fork.failing), ...guard.on]));
  }
  return all.map((one) => {
    const forks = taken.get(one.purpose);
    const guards = (one.guards ?? []).filter(
      ({ guard: { fork } }) => (forks?.get(fork)?.size ?? 0) < fork.ways,
    );
    return { ...one, guards };
  });
}

/** The condition under which a test runs, less what leaves the deploy out as well. */
export function shellCondition(
  guards: readonly Placed[],
  deploys: readonly { readonly guards?: readonly Placed[] }[],
): Condition | undefined {
  const shared = (one: Placed): boolean =>
    deploys.length > 0 &&
    deploys.every((point) => point.guards?.some((other) => isSame(one, other)) ?? false);
  const left = guards.filter((one) => !shared(one));
  const [first] = left;
  if (!first) return undefined;
  const text = left.map(({ guard }) => shownGuard(guard)).join(" and ");
  return { text, expr: and(...left.map(({ expr }) => favourable(expr, true))), at: first.at };
}

const isSame = (one: Placed, other: Placed): boolean =>
  (one.guard.fork === other.guard.fork && other.guard.on.every((way) => one.guard.on.includes(way))) ||
  JSON.stringify(one.expr) === JSON.stringify(other.expr);

/** A guard in a message, as the condition under which the command runs. */
export const shownGuard = ({ text, when }: Guard): string => (when ? text : `! ${text}`);

/** What is no switch is taken to let the command run. */
function favourable(expr: Expr, wanted: boolean): Expr {
  switch (expr.kind) {
    case "opaque":
      return { kind: "literal", value: wanted };
    case "not":
      return { kind: "not", of: favourable(expr.of, !wanted) };
    case "and":
    case "or":
      return { ...expr, args: expr.args.map((arg) => favourable(arg, wanted)) };
    case "compare":
    case "call":
      return isOpaque(expr) ? { kind: "literal", value: wanted } : expr;
    default:
      return expr;
  }
}

const isOpaque = (expr: Expr): boolean => [...walk(expr)].some(({ kind }) => kind === "opaque");
