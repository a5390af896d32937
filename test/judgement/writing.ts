import { cloned, written, type Entry, type Files, type Repository } from "./repository.ts";
import type { Random } from "./random.ts";
import type { Value, Values } from "./values.ts";

/** A change of how a repository is written. */
export interface Rewrite {
  readonly title: string;
  readonly apply: (repo: Repository, random: Random) => Files;
  /** Only on the way from what it makes to the plain repository is nobody hurt. */
  readonly backOnly?: true;
}

export const ofObjects =
  (change: (object: Values, random: Random) => Value) => (repo: Repository, random: Random) =>
    written(repo.map(({ path, object }) => ({ path, object: change(object, random) as Values })));

export const ofPaths =
  (change: (path: string, entry: Entry, index: number) => string) => (repo: Repository) =>
    written(repo.map((entry, index) => ({ ...entry, path: change(entry.path, entry, index) })));

export const ofTexts = (change: (text: string) => string) => (repo: Repository) =>
  new Map([...written(repo)].map(([path, content]) => [path, change(content)]));

export const inPlace =
  (change: (object: Values, random: Random) => void) => (repo: Repository, random: Random) => {
    const copies = cloned(repo);
    for (const { object } of copies) change(object, random);
    return written(copies);
  };
