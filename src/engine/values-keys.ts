import { isObject, type JsonObject } from "./json.ts";
import type { FieldPath, Json, ValuesKey, ValuesSet } from "./types.ts";

/** A rule with the steps of its path that are still to come. */
interface Rule {
  readonly steps: readonly string[];
  readonly means: string;
}

/** Original keys by the path that they have now. */
type Renamed = Map<string, string>;

const idOf = (path: FieldPath) => path.join("\0");

/**
 * Values in the usual words: keys that the policy translates are called what they mean, so that everything that knows
 * the usual keys judges them. Places and messages keep the words of the file. A usual key that is written itself wins.
 */
export function translated(set: ValuesSet, keys: readonly ValuesKey[]): ValuesSet {
  if (keys.length === 0) return set;
  const renamed: Renamed = new Map();
  const rules = keys.map(({ key, means }): Rule => ({ steps: key.split("."), means }));
  const values = inMap(set.values, rules, [], renamed);
  if (renamed.size === 0) return set;
  const written = (path: FieldPath) =>
    path.map((step, index) => renamed.get(idOf(path.slice(0, index + 1))) ?? step);
  return {
    ...set,
    values,
    locate: (path) => set.locate(written(path)),
    written: new Map(
      [...renamed.keys()].map((id) => {
        const path = id.split("\0");
        return [path.join("."), written(path).join(".")];
      }),
    ),
  };
}

function inMap(map: JsonObject, rules: readonly Rule[], path: FieldPath, renamed: Renamed): JsonObject {
  const entries = Object.entries(map).map(([key, value]) => {
    const here = rules.filter(({ steps: [step] }) => step === "*" || step === key);
    const means = here.find(
      ({ steps, means: word }) => steps.length === 1 && !Object.hasOwn(map, word),
    )?.means;
    const name = means ?? key;
    if (means !== undefined) renamed.set(idOf([...path, name]), key);
    return [name, below(value, here, [...path, name], renamed)] as const;
  });
  return Object.fromEntries(entries);
}

/** What stands under a key, with the rules whose next step it was. */
function below(
  value: Json | undefined,
  rules: readonly Rule[],
  path: FieldPath,
  renamed: Renamed,
): Json | undefined {
  const rest = rules.flatMap(({ steps, means }) =>
    steps.length > 1 ? [{ steps: steps.slice(1), means }] : [],
  );
  if (rest.length === 0) return value;
  if (isObject(value)) return inMap(value, rest, path, renamed);
  if (!Array.isArray(value)) return value;
  return value.map((item: Json, index) => {
    const here = rest.filter(({ steps: [step] }) => step === "*" || step === String(index));
    return below(item, here, [...path, index], renamed) ?? null;
  });
}
