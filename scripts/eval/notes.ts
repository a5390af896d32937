import type { Note } from "../../src/engine/types.ts";

/** What a note says was not judged: the kind's name, and the words by which it is known. */
const KINDS: readonly (readonly [name: string, words: RegExp])[] = [
  ["encrypted", /encrypted/],
  ["too large", /^This file has .* bytes/],
  ["symbolic link", /symbolic link/],
  ["not YAML", /^This document could not be read/],
  ["template actions outside a chart", /template actions/],
  ["remote base or component", /nines fetches nothing/],
  ["patch for an object outside the repository", /^Some patches are for objects/],
  ["kustomization not built", /^This kustomization could not be built/],
  ["plugins", /^Plugins of this kustomization/],
  ["chart inflated by a kustomization", /helmCharts/],
  ["chart not rendered", /^The chart .* could not be rendered/],
  ["chart without some values", /rendered without values/],
  ["chart without some templates", /rendered without (?:named )?templates/],
  ["dependency not vendored", /^What dependencies of this chart/],
  ["left out by policy", /units\.exclude/],
  ["too many units", /touches too many/],
  ["pipeline or what it calls", /[Pp]ipeline|[Ww]orkflow|[Jj]ob\b|^The call of|What it tests and deploys/],
  ["check failed", /^The check .* failed/],
];

export interface NoteKind {
  readonly name: string;
  readonly notes: number;
  /** How many reports have one. */
  readonly cases: number;
  readonly example: Note;
}

/** All notes of these reports by what they say was not judged, most frequent first. */
export function noteKinds(reports: readonly { readonly notes: readonly Note[] }[]): NoteKind[] {
  const all = reports.flatMap(({ notes }, report) => notes.map((note) => ({ note, report })));
  const groups = [...Map.groupBy(all, ({ note }) => kindOf(note))];
  return groups
    .flatMap(([name, group]) => {
      const [first] = group;
      const cases = new Set(group.map(({ report }) => report)).size;
      return first ? [{ name, notes: group.length, cases, example: first.note }] : [];
    })
    .sort((a, b) => b.notes - a.notes || (a.name < b.name ? -1 : 1));
}

function kindOf({ message }: Note): string {
  return KINDS.find(([, words]) => words.test(message))?.[0] ?? "other";
}
