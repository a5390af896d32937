import type { Shape } from "./shapes.ts";
import type { FieldPath } from "./types.ts";

/** A field of a kind. Steps into a list's items are left out of its path. */
export interface Place {
  readonly path: FieldPath;
  readonly shape: Shape;
}

/** How deep a field of a name is sought: pod template fields of a CronJob stand five levels down. */
const DEPTH = 6;

const known = new WeakMap<Shape, ReadonlyMap<string, readonly Place[]>>();

/** Every field of a kind by its name, the outermost first. A type that stands in several places is followed once. */
export function fieldIndex(root: Shape): ReadonlyMap<string, readonly Place[]> {
  const seen = known.get(root);
  if (seen) return seen;
  const index = indexOf(root);
  known.set(root, index);
  return index;
}

function indexOf(root: Shape): Map<string, Place[]> {
  const index = new Map<string, Place[]>();
  const followed = new Set<Shape>();
  let level: Place[] = [{ path: [], shape: root }];
  for (let depth = 0; depth < DEPTH && level.length > 0; depth++) {
    const next: Place[] = [];
    for (const place of level) {
      const { path, shape } = place;
      if (followed.has(shape)) continue;
      followed.add(shape);
      for (const [name, field] of shape.fields ?? []) {
        const found = { path: [...path, name], shape: field() };
        // What stands at the top of an object stands there by its name alone.
        if (path.length > 0) index.set(name, [...(index.get(name) ?? []), found]);
        next.push({ path: found.path, shape: innermost(found.shape) });
      }
    }
    level = next;
  }
  return index;
}

function innermost(shape: Shape): Shape {
  return shape.takes === "list" && shape.each ? innermost(shape.each()) : shape;
}
