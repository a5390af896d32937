import type { Location } from "../engine/types.ts";

/** What a scalar of a pipeline file holds. */
export type Primitive = string | number | boolean | null;

/** One node of a pipeline file, aliases expanded, with its place. */
export type Node = ScalarNode | SequenceNode | MapNode;
export interface ScalarNode {
  readonly kind: "scalar";
  readonly value: Primitive;
  readonly at: Location;
  /** Of a block scalar (`|`, `>`): its text starts on the line after the header. */
  readonly block: boolean;
}
export interface SequenceNode {
  readonly kind: "sequence";
  readonly items: readonly Node[];
  /** A local tag, such as GitLab's `!reference`. */
  readonly tag?: string;
  readonly at: Location;
}
export interface MapNode {
  readonly kind: "map";
  readonly entries: ReadonlyMap<string, Entry>;
  readonly at: Location;
}
export interface Entry {
  readonly key: string;
  /** The place of the key. */
  readonly at: Location;
  readonly value: Node;
}

/** The value under a key of a map, if there is one. */
export function field(node: Node | undefined, key: string): Node | undefined {
  return node?.kind === "map" ? node.entries.get(key)?.value : undefined;
}

/** The entry under a key of a map: its value, and where the key stands. */
export function entry(node: Node | undefined, key: string): Entry | undefined {
  return node?.kind === "map" ? node.entries.get(key) : undefined;
}

/** The text of a scalar; undefined for anything else and for an empty one. */
export function text(node: Node | undefined): string | undefined {
  return node?.kind === "scalar" && node.value !== null ? String(node.value) : undefined;
}

/** The texts of a list, or of one text that stands for a list of one. */
export function texts(node: Node | undefined): { readonly text: string; readonly at: Location }[] {
  const items = node?.kind === "sequence" ? node.items : node ? [node] : [];
  return items.flatMap((item) => {
    const value = text(item);
    return value === undefined ? [] : [{ text: value, at: item.at }];
  });
}

/** The entries of a map, in order; none for anything else. */
export function entries(node: Node | undefined): readonly Entry[] {
  return node?.kind === "map" ? [...node.entries.values()] : [];
}
