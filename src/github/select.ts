import { LRUCache } from "lru-cache";
import type { Note } from "../engine/types.ts";
import { oversized, relevance } from "../sources/relevant.ts";
import { SUBMODULE, SYMLINK, type Entry } from "./blob-cache.ts";
import { CannotReview } from "./errors.ts";
import { deploymentScope, folderScope, type Scope } from "./scope.ts";

/** The files of one side that are read, and notes on those that should be and are not. */
export interface Selection {
  readonly files: readonly Entry[];
  readonly notes: readonly Note[];
}

/** The most that is read of one side: 60 requests when nothing of it is known yet, and some seconds. */
export const LIMITS = { files: 6000, bytes: 30_000_000 };

export type Limits = typeof LIMITS;

const LINK = "This is a symbolic link and was not followed; its target is judged where it lies.";

const noteOn = ({ path, mode, size }: Entry): Note | undefined =>
  mode === SYMLINK ? { path, message: LINK } : oversized(path, size);

/** Both sides, and each push, list nearly the same paths; to ask dozens of patterns about all of them holds webhooks up. */
const known = new LRUCache<string, boolean>({ max: 50_000 });

function isRelevant(path: string): boolean {
  const answer = known.get(path) ?? relevance(path) !== undefined;
  known.set(path, answer);
  return answer;
}

/** The entries that nines reads. */
export function select(entries: readonly Entry[]): Selection {
  const relevant = entries.filter(({ path, mode }) => mode !== SUBMODULE && isRelevant(path));
  const notes = relevant.flatMap((entry) => noteOn(entry) ?? []);
  const unread = new Set(notes.map(({ path }) => path));
  return { files: relevant.filter(({ path }) => !unread.has(path)), notes };
}

const fits = ({ files }: Selection, limits: Limits): boolean =>
  files.length <= limits.files && files.reduce((sum, { size }) => sum + size, 0) <= limits.bytes;

function within(selection: Selection, { holds }: Scope): Selection {
  const held = ({ path }: { path: string }) => holds(path);
  return { files: selection.files.filter(held), notes: selection.notes.filter(held) };
}

/** Says what was left out. The note has no path of its own. */
function partNote({ folders }: Scope, relevant: number): Note {
  const shown = folders.slice(0, 5).map((folder) => (folder === "" ? "the root" : folder));
  const more = folders.length > 5 ? `, and ${folders.length - 5} more` : "";
  return {
    path: "",
    message: `The repository has ${relevant.toLocaleString("en")} relevant files, too many to judge at once. Only what surrounds this change was: ${shown.join(", ")}${more}.`,
  };
}

/** Both sides, cut down alike where they are too large. */
export interface BothSides {
  readonly base: Selection;
  readonly head: Selection;
}

/**
 * Both sides, or the part of both around what changed where the whole is too large.
 * @throws CannotReview where even the folders of the changed files are too large
 */
export function selectBoth(
  base: Selection,
  head: Selection,
  changed: readonly string[],
  limits = LIMITS,
): BothSides {
  if (fits(base, limits) && fits(head, limits)) return { base, head };
  for (const scope of [deploymentScope(changed), folderScope(changed)]) {
    const part = { base: within(base, scope), head: within(head, scope) };
    if (!fits(part.base, limits) || !fits(part.head, limits)) continue;
    return {
      base: part.base,
      head: { ...part.head, notes: [partNote(scope, head.files.length), ...part.head.notes] },
    };
  }
  throw new CannotReview(
    `The change is too large: the folders that it touches hold more than ${limits.files} relevant files. Split it.`,
  );
}
