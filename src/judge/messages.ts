import type { Blob, Facts, Note, Policy, Report, Tree } from "../engine/types.ts";

/** What the thread is told. Blobs come first, in portions, and belong to the review that follows them. */
export type Order =
  | { readonly kind: "blobs"; readonly blobs: readonly Blob[] }
  | {
      readonly kind: "review";
      readonly base: PackedTree;
      readonly head: PackedTree;
      readonly policy: Policy;
      /** A folder of this review alone, for what renders. Whoever sends the order removes it. */
      readonly scratch: string;
    };

/** What the thread tells. */
export type News =
  | { readonly kind: "report"; readonly report: Report }
  | { readonly kind: "failed"; readonly message: string; readonly stack: string }
  /** It started a process, or one has ended: they outlive the thread, so somebody else has to be able to end them. */
  | { readonly kind: "started" | "ended"; readonly pid: number };

/** A tree whose blobs are numbers: each blob is sent once, whichever side and path it is on. */
export interface PackedTree {
  readonly commit: string;
  readonly notes: readonly Note[];
  readonly facts?: Facts;
  readonly files: readonly (readonly [path: string, blob: number])[];
}

/** Copying a portion keeps either side busy for about a millisecond. */
const PORTION_CHARACTERS = 500_000;

export interface Packed {
  readonly portions: readonly (readonly Blob[])[];
  readonly base: PackedTree;
  readonly head: PackedTree;
}

export function pack(base: Tree, head: Tree): Packed {
  const numbers = new Map<string, number>();
  const portions: Blob[][] = [];
  let room = 0;
  const numberOf = (blob: Blob): number => {
    const known = numbers.get(blob.sha);
    if (known !== undefined) return known;
    if (room <= 0) {
      portions.push([]);
      room = PORTION_CHARACTERS;
    }
    room -= blob.text.length;
    portions.at(-1)?.push(blob);
    numbers.set(blob.sha, numbers.size);
    return numbers.size - 1;
  };
  const packed = ({ files, ...rest }: Tree): PackedTree => ({
    ...rest,
    files: [...files].map(([path, blob]) => [path, numberOf(blob)]),
  });
  return { base: packed(base), head: packed(head), portions };
}

export function unpack({ files, ...rest }: PackedTree, blobs: readonly Blob[]): Tree {
  const named = files.map(([path, number]): [string, Blob] => {
    const blob = blobs[number];
    if (!blob) throw new Error(`The content of ${path} was not sent.`);
    return [path, blob];
  });
  return { ...rest, files: new Map(named) };
}
