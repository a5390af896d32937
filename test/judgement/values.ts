/** Objects as data, and how tests walk and change them. */

export type Value = string | number | boolean | null | Value[] | Values;
export interface Values {
  [key: string]: Value;
}

export function isValues(value: Value | undefined): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function copy<T extends Value>(value: T): T {
  return structuredClone(value);
}

type Steps = readonly string[];

/** Every place that a path leads to; `*` stands for all items of a list, or all keys of a map. */
export function places(root: Value, path: string): { holder: Values | Value[]; key: string }[] {
  return follow(root, path.split("."));
}

function follow(
  root: Value | undefined,
  [step = "", ...rest]: Steps,
): { holder: Values | Value[]; key: string }[] {
  if (!Array.isArray(root) && !isValues(root)) return [];
  const keys = step === "*" ? Object.keys(root) : [step];
  if (rest.length === 0) return keys.map((key) => ({ holder: root, key }));
  return keys.flatMap((key) => follow(read(root, key), rest));
}

function read(holder: Values | Value[], key: string): Value | undefined {
  return Array.isArray(holder) ? holder[Number(key)] : holder[key];
}

/** The value at the first place that a path leads to. */
export function get(root: Value, path: string): Value | undefined {
  const [place] = places(root, path);
  return place && read(place.holder, place.key);
}

export function text(root: Value, path: string): string {
  const value = get(root, path);
  return typeof value === "string" ? value : "";
}

/** Writes a value at each place that a path leads to, and makes the maps on its way. */
export function set(root: Values, path: string, value: Value): void {
  const steps = path.split(".");
  for (let depth = 1; depth < steps.length; depth++) {
    for (const { holder, key } of places(root, steps.slice(0, depth).join(".")))
      if (!Array.isArray(holder)) holder[key] ??= {};
  }
  for (const { holder, key } of places(root, path)) {
    if (Array.isArray(holder)) holder[Number(key)] = value;
    else holder[key] = value;
  }
}

export function remove(root: Values, path: string): void {
  for (const { holder, key } of places(root, path))
    if (!Array.isArray(holder)) Reflect.deleteProperty(holder, key);
}

/** A copy in which each value was handed to `change`, children first. `at` is its place: `spec.ports.0`. */
export function rewritten(value: Value, change: (value: Value, at: string) => Value, at = ""): Value {
  const below = (key: string) => (at === "" ? key : `${at}.${key}`);
  if (Array.isArray(value))
    return change(
      value.map((item, index) => rewritten(item, change, below(String(index)))),
      at,
    );
  if (!isValues(value)) return change(value, at);
  const entries = Object.entries(value).map(([key, item]) => [key, rewritten(item, change, below(key))]);
  return change(Object.fromEntries(entries) as Values, at);
}
