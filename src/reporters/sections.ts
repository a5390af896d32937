import type { CheckRunName, Finding, Note, Report } from "../engine/types.ts";
import { count } from "./clean.ts";
import { code, fit, prose } from "./escape.ts";
import { notesOf, placeOf, SYMBOL, type Selection } from "./select.ts";

/**
 * Each part of a summary has its own room, so that a flood in one pushes no other out. All together they stay below
 * GitHub's 65,535 characters, with headings and tables (tables.ts). UTF-16 units.
 */
const ROOM = { fresh: 24_000, waived: 5_000, existing: 5_000, fixed: 3_000, notes: 5_000 };
const MAX_MESSAGE = 1_200;
const MAX_UNITS = 5;

type Lines = readonly string[];

/** What this change introduces or worsens, each with place, message and fix. */
export function freshSection({ fresh }: Selection): Lines {
  if (fresh.length === 0) return [];
  const rest = (left: number) =>
    `… ${count(left, "more finding")} ${left === 1 ? "is" : "are"} not shown here.`;
  return ["### What this change brings", ...fit(fresh.map(findingBlock), ROOM.fresh, rest)];
}

function findingBlock({ severity, title, subject, message, fix, ...finding }: Finding): string {
  const facts = [
    code(placeOf(finding.at)) + (finding.at.side === "base" ? " before the change" : ""),
    ...(finding.was ? [`${code(placeOf(finding.was))} before the change`] : []),
    code(finding.check),
  ];
  if (finding.standing === "worsened") facts.push("worse than before");
  facts.push(finding.tier, ...unitList(finding.units));
  return [
    `#### ${SYMBOL[severity]} ${severity}: ${prose(title, 200)} · ${code(subject.ref)}`,
    facts.join(" · "),
    prose(message, MAX_MESSAGE),
    `**Fix:** ${prose(fix, MAX_MESSAGE)}`,
  ].join("\n\n");
}

function unitList(units: Lines): string[] {
  if (units.length === 0) return [];
  const named = units.slice(0, MAX_UNITS).map(code).join(", ");
  const more = units.length - MAX_UNITS;
  return [`in ${named}${more > 0 ? ` and ${more} more` : ""}`];
}

/** Accepted findings: shown, never hidden. */
export function waivedSection({ waived }: Selection): Lines {
  const items = waived.map(({ severity, check, subject, waiver }) => {
    const why = waiver
      ? `${prose(waiver.reason, 400)} (accepted by ${prose(waiver.by, 100)} until ${prose(waiver.until, 20)})`
      : "";
    return `- ${severity} ${code(check)} for ${code(subject.ref)}: ${why}`;
  });
  return items.length === 0 ? [] : ["### Waived", list(items, ROOM.waived, "waived finding")];
}

/** What was there before and is not this change's doing. */
export function existingSection({ existing }: Selection): Lines {
  if (existing.length === 0) return [];
  const items = existing.map(oneLine);
  const were = existing.length === 1 ? "was" : "were";
  const summary = `${count(existing.length, "finding")} ${were} here before this change and ${existing.length === 1 ? "does" : "do"} not count`;
  return folded(summary, list(items, ROOM.existing, "finding"));
}

/** What the change mends. */
export function fixedSection({ fixed }: Selection): Lines {
  return fixed.length === 0
    ? []
    : ["### Fixed by this change", list(fixed.map(oneLine), ROOM.fixed, "finding")];
}

function oneLine({ severity, title, subject, at, check }: Finding): string {
  return `- ${severity}: ${prose(title, 200)} · ${code(subject.ref)} · ${code(placeOf(at))} · ${code(check)}`;
}

/** What was not judged, and how to make it judgeable. */
export function notesSection(report: Report, run: CheckRunName): Lines {
  const notes = notesOf(report, run);
  if (notes.length === 0) return [];
  const body = list(notes.map(noteLine), ROOM.notes, "note");
  return notes.length <= 3
    ? ["### Not judged", body]
    : folded(`${count(notes.length, "note")} on what was not judged`, body);
}

function noteLine(note: Note): string {
  const where = placeOf(note);
  return `- ${where === "" ? "" : `${code(where)}: `}${prose(note.message, 600)}`;
}

function list(items: Lines, room: number, noun: string): string {
  return fit(items, room, (left) => `- … and ${count(left, `more ${noun}`)}`).join("\n");
}

/** Collapsed until somebody opens it. */
export function folded(summary: string, body: string): Lines {
  return [`<details><summary>${summary}</summary>`, body, "</details>"];
}
