import type { Note, Problem } from "../engine/types.ts";
import type { Delivery } from "../pipelines/delivery.ts";
import type { Check } from "./define.ts";
import {
  compare,
  placeOf,
  settled,
  sighting,
  type Place,
  type RawFinding,
  type Sighting,
} from "./standing.ts";
import type { Sides, UnitWorlds } from "./worlds.ts";

/** Runs every check over every unit. A check that throws becomes a note and stops no other. */
export function runChecks(
  checks: readonly Check[],
  units: readonly UnitWorlds[],
  delivery: Sides<Delivery>,
): { problems: RawFinding[]; notes: Note[] } {
  const notes: Note[] = [];
  const guard = <T>(check: Check, unit: string, run: () => T[]): T[] => {
    try {
      return run();
    } catch (error) {
      notes.push(crashNote(check, unit, error));
      return [];
    }
  };
  const problems = checks.flatMap((check) => {
    if (check.kind === "pipelines") {
      return guard(check, "", () =>
        ofChange(check, [...check.run(delivery)], { unit: "", environment: "production" }),
      );
    }
    return settled(units.flatMap((unit) => guard(check, unit.unit, () => runOn(check, unit))));
  });
  return { problems: withoutSuperseded(problems), notes };
}

/** One event is one finding: what another check says better about the same subject is left out. Existing findings stay. */
function withoutSuperseded(problems: readonly RawFinding[]): RawFinding[] {
  const place = (id: string, { unit, problem: { subject, key } }: RawFinding) =>
    JSON.stringify([id, unit, subject.ref, key ?? ""]);
  const isNew = ({ standing }: RawFinding) => standing === "introduced" || standing === "worsened";
  const superseded = new Set(
    problems.flatMap((finding) =>
      isNew(finding)
        ? [...(finding.check.supersedes ?? []), ...(finding.problem.covers ?? [])].map((id) =>
            place(id, finding),
          )
        : [],
    ),
  );
  return problems.filter((finding) => !isNew(finding) || !superseded.has(place(finding.check.id, finding)));
}

function runOn(check: Exclude<Check, { kind: "pipelines" }>, unit: UnitWorlds): Sighting[] {
  const careful = check.absence && unit.after.incomplete;
  if (check.kind === "state")
    return compare(careful ? { ...check, run: atMostNotice(check.run) } : check, unit);
  const run = careful ? atMostNotice(check.run) : check.run;
  return unit.untouched ? [] : ofChange(check, [...run(unit)], placeOf(unit));
}

/** What is missing may be in what was not seen. */
function atMostNotice<T>(run: (input: T) => Iterable<Problem>): (input: T) => Problem[] {
  return (input) => [...run(input)].map((problem) => ({ ...problem, atMost: "notice" }));
}

function crashNote(check: Check, unit: string, error: unknown): Note {
  const reason = error instanceof Error ? error.message : String(error);
  const where = unit === "" ? "the pipelines" : `unit ${unit}`;
  return {
    ...(check.kind === "pipelines" && { run: "test-stages" }),
    path: unit,
    message: `The check ${check.id} failed on ${where}, so its answer is missing: ${reason}`,
  };
}

function ofChange(check: Check, problems: readonly Problem[], place: Place): RawFinding[] {
  return problems.map((problem) => ({
    ...sighting(check, problem, "introduced", place),
    standing: "introduced",
  }));
}
