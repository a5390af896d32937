import { fingerprint } from "../engine/fingerprint.ts";
import { pair } from "../engine/pair.ts";
import type { Cluster, Environment, Note, Problem, Rendering, Severity, Standing, Unit } from "../engine/types.ts";
import { worldOf, type World } from "../engine/world.ts";
import type { Delivery } from "../pipelines/delivery.ts";
import type { Check, Transition } from "./define.ts";

/** A problem with what the engine knows of it, before the policy has its say. */
export interface RawFinding {
  readonly check: Check;
  readonly problem: Problem;
  readonly standing: Standing;
  /** `""` for pipelines. */
  readonly unit: string;
  readonly environment: Environment;
  readonly fingerprint: string;
}

export interface Sides<T> {
  readonly before: T;
  readonly after: T;
}

/** A unit as checks see it. */
export interface UnitWorlds extends Transition {
  readonly unit: string;
  readonly environment: Environment;
  /** Whether the change leaves every object of the unit as it was. */
  readonly untouched: boolean;
}

/** The worlds of every unit of either side, by unit id. */
export function worldsOf(sides: Sides<Rendering>, cluster: Cluster): UnitWorlds[] {
  const before = new Map(sides.before.units.map((unit) => [unit.id, unit]));
  const after = new Map(sides.after.units.map((unit) => [unit.id, unit]));
  const surroundings = {
    before: { side: "base", cluster, names: namesOf(sides.before) } as const,
    after: { side: "head", cluster, names: namesOf(sides.after) } as const,
  };
  return [...new Set([...before.keys(), ...after.keys()])].sort().map((id) => {
    const left = before.get(id) ?? emptyUnit(after.get(id), id);
    const right = after.get(id) ?? emptyUnit(before.get(id), id);
    return {
      unit: id,
      environment: right.environment,
      before: worldOf(left, surroundings.before),
      after: worldOf(right, surroundings.after),
      changes: pair(left.manifests, right.manifests),
      untouched: isUntouched(left, right),
    };
  });
}

function emptyUnit(other: Unit | undefined, id: string): Unit {
  return { id, environment: other?.environment ?? "unknown", manifests: [] };
}

function namesOf(rendering: Rendering): Set<string> {
  return new Set(rendering.units.flatMap(({ manifests }) => manifests.map(({ kind, name }) => `${kind}/${name}`)));
}

function isUntouched(left: Unit, right: Unit): boolean {
  return (
    left.manifests.length === right.manifests.length &&
    left.manifests.every((manifest, index) => {
      const other = right.manifests[index];
      return other?.path === manifest.path && other.object === manifest.object;
    })
  );
}

/** Runs every check over every unit. A check that throws becomes a note and stops no other. */
export function runChecks(
  checks: readonly Check[],
  units: readonly UnitWorlds[],
  delivery: Sides<Delivery>,
): { problems: RawFinding[]; notes: Note[] } {
  const notes: Note[] = [];
  const guard = (check: Check, unit: string, run: () => RawFinding[]) => {
    try {
      return run();
    } catch (error) {
      notes.push(crashNote(check, unit, error));
      return [];
    }
  };
  const problems = checks.flatMap((check) => {
    if (check.kind === "pipelines") {
      return guard(check, "", () => ofChange(check, [...check.run(delivery)], { unit: "", environment: "production" }));
    }
    return units.flatMap((unit) => guard(check, unit.unit, () => runOn(check, unit)));
  });
  return { problems, notes };
}

function runOn(check: Exclude<Check, { kind: "pipelines" }>, unit: UnitWorlds): RawFinding[] {
  if (check.kind === "state") return compare(check, unit);
  return unit.untouched ? [] : ofChange(check, [...check.run(unit)], unit);
}

function crashNote(check: Check, unit: string, error: unknown): Note {
  const reason = error instanceof Error ? error.message : String(error);
  const where = unit === "" ? "the pipelines" : `unit ${unit}`;
  return { path: unit, message: `The check ${check.id} failed on ${where}, so its answer is missing: ${reason}` };
}

type Place = Pick<UnitWorlds, "unit" | "environment">;

function ofChange(check: Check, problems: readonly Problem[], place: Place): RawFinding[] {
  return problems.map((problem) => rawFinding(check, problem, "introduced", place));
}

/** Runs a state check on both sides: what only head has is introduced, what only base has is fixed. */
function compare(check: Extract<Check, { kind: "state" }>, unit: UnitWorlds): RawFinding[] {
  const after = byFingerprint(check, check.run(unit.after), unit.unit);
  if (unit.untouched) return [...after.values()].map((problem) => rawFinding(check, problem, "existing", unit));
  const before = byFingerprint(check, check.run(unit.before), unit.unit);
  const now = [...after].map(([id, problem]) => rawFinding(check, problem, standingOf(before.get(id), problem), unit));
  const gone = [...before].filter(([id, problem]) => !after.has(id) && isStillThere(problem, unit.after));
  return [...now, ...gone.map(([, problem]) => rawFinding(check, problem, "fixed", unit))];
}

function byFingerprint(check: Check, problems: Iterable<Problem>, unit: string): Map<string, Problem> {
  return new Map([...problems].map((problem) => [fingerprintOf(check, problem, unit), problem]));
}

const RANK: Record<Severity, number> = { notice: 0, warning: 1, error: 2 };

function standingOf(before: Problem | undefined, now: Problem): Standing {
  if (!before) return "introduced";
  const worse = (now.measure ?? 0) > (before.measure ?? 0) || capOf(now) > capOf(before);
  return worse ? "worsened" : "existing";
}

const capOf = (problem: Problem) => RANK[problem.atMost ?? "error"];

/** What went away with its subject is not a repair. */
function isStillThere({ subject }: Problem, world: World): boolean {
  return world.manifests.some(({ ref }) => ref === subject.ref);
}

function fingerprintOf(check: Check, { subject, key }: Problem, unit: string): string {
  return fingerprint(check.id, unit, subject.ref, key ?? "");
}

function rawFinding(check: Check, problem: Problem, standing: Standing, { unit, environment }: Place): RawFinding {
  return { check, problem, standing, unit, environment, fingerprint: fingerprintOf(check, problem, unit) };
}
