import { fingerprint } from "../engine/fingerprint.ts";
import type { Environment, Problem, Severity, Standing } from "../engine/types.ts";
import { heirsOf, releaseMove } from "../engine/release-move.ts";
import type { World } from "../engine/world.ts";
import type { Check, StateCheck } from "./define.ts";
import type { UnitWorlds } from "./worlds.ts";

/** A problem with what the engine knows of it, before the policy has its say. */
export interface RawFinding extends Sighting {
  readonly standing: Standing;
}

/** A problem in one unit. `left`: its object left the unit, and with it the problem. */
export interface Sighting {
  readonly check: Check;
  readonly problem: Problem;
  readonly standing: Standing | "left";
  /** `""` for pipelines. */
  readonly unit: string;
  readonly environment: Environment;
  readonly fingerprint: string;
  /** Names that only the unit's release gives to its objects, before and now. */
  readonly names: readonly string[];
}

export type Place = Pick<UnitWorlds, "unit" | "environment"> & { readonly names?: readonly string[] };

/** Runs a state check on both sides: what only head has is introduced, what only base has is fixed. */
export function compare(check: StateCheck, unit: UnitWorlds): Sighting[] {
  const all = byFingerprint(check, check.run(unit.after), unit.unit);
  const after = new Map([...all].filter(([, { latent }]) => !latent));
  const place = placeOf(unit);
  if (unit.untouched)
    return [...after.values()].map((problem) => sighting(check, problem, "existing", place));
  const before = byFingerprint(check, check.run(unit.before), unit.unit, todaysRefs(unit));
  const now = [...after].map(([id, problem]) =>
    sighting(check, problem, standingOf(before.get(id), problem), place),
  );
  const gone = [...before].filter(([id, { latent }]) => !latent && !all.has(id));
  return [...now, ...gone.map(([, problem]) => sighting(check, problem, fateOf(problem, unit.after), place))];
}

export function placeOf({ unit, environment, before, after }: UnitWorlds): Place {
  const names = [before, after].flatMap(({ release }) => (release ? [release.name] : []));
  return { unit, environment, names: [...new Set(names)].filter((name) => name !== "") };
}

type Refs = ReadonlyMap<string, string>;

/** How objects are called now whose namespace was not written before, or is no longer; or whose release has another name. */
function todaysRefs({ before, after, changes }: UnitWorlds): Refs {
  const kept = changes.flatMap(({ kind, before: was, after: is }) =>
    kind === "kept" && was.ref !== is.ref ? [[was.ref, is.ref] as const] : [],
  );
  const move = releaseMove(before, after);
  if (!move) return new Map(kept);
  const heirs = [...heirsOf(move, changes)].map(([was, is]) => [was.ref, is.ref] as const);
  return new Map([...kept, ...heirs]);
}

function byFingerprint(
  check: Check,
  problems: Iterable<Problem>,
  unit: string,
  refs?: Refs,
): Map<string, Problem> {
  const named = ({ subject, key }: Problem) =>
    fingerprint(check.id, unit, refs?.get(subject.ref) ?? subject.ref, key ?? "");
  return new Map([...problems].map((problem) => [named(problem), problem]));
}

const RANK: Record<Severity, number> = { notice: 0, warning: 1, error: 2 };

function standingOf(before: Problem | undefined, now: Problem): Standing {
  if (!before) return "introduced";
  // Where a check measures, that alone counts: to be surer of the same thing is no change.
  const worse =
    now.measure === undefined || before.measure === undefined
      ? capOf(now) > capOf(before)
      : now.measure > before.measure;
  return worse ? "worsened" : "existing";
}

const capOf = (problem: Problem) => RANK[problem.atMost ?? "error"];

/** What went away with its subject is not a repair. */
function fateOf({ subject }: Problem, world: World): "fixed" | "left" {
  return world.manifests.some(({ ref }) => ref === subject.ref) ? "fixed" : "left";
}

function fingerprintOf(check: Check, { subject, key }: Problem, unit: string): string {
  return fingerprint(check.id, unit, subject.ref, key ?? "");
}

export function sighting(
  check: Check,
  problem: Problem,
  standing: Sighting["standing"],
  { unit, environment, names = [] }: Place,
): Sighting {
  const print = fingerprintOf(check, problem, unit);
  return { check, problem, standing, unit, environment, fingerprint: print, names };
}

/** What leaves one unit and turns up in another was moved with its object: it is not new. */
export function settled(found: readonly Sighting[]): RawFinding[] {
  const name = ({ problem }: Sighting) => `${problem.subject.ref} ${problem.key ?? ""}`;
  const left = new Set(found.filter(({ standing }) => standing === "left").map(name));
  return found.flatMap((item) => {
    const { standing } = item;
    if (standing === "left") return [];
    return [{ ...item, standing: standing === "introduced" && left.has(name(item)) ? "existing" : standing }];
  });
}
