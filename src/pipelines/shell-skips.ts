import type { Placed } from "./commands.ts";
import { walk } from "./expressions.ts";
import type { Expr } from "./expressions.ts";
import type { Condition } from "./model.ts";
import { and } from "./reading.ts";
import type { Guard } from "./shell-forks.ts";

/** A command that may be passed by, and what for: one of several ways of doing the same is taken. */
interface Guarded {
  readonly purpose: string;
  readonly guards?: readonly Placed[];
}

/**
 * The guards by which a test is left out unseen. A fork that tests on every way, or fails on those that do not test,
 * leaves nothing out.
 */
export function skipping(one: Guarded, all: readonly Guarded[]): readonly Placed[] {
  const alike = all.filter(({ purpose }) => purpose === one.purpose);
  return (one.guards ?? []).filter(({ guard }) => {
    const taken = new Set(alike.flatMap(({ guards = [] }) => waysOf(guards, guard)));
    const { ways, failing } = guard.fork;
    return Array.from({ length: ways }, (_, way) => way).some((way) => !taken.has(way) && !failing.has(way));
  });
}

const waysOf = (guards: readonly Placed[], { fork }: Guard): number[] =>
  guards.flatMap(({ guard }) => (guard.fork === fork ? guard.on : []));

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
