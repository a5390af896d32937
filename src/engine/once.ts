/**
 * Works something out once per object, and remembers it for as long as the object lives: what many checks ask of the
 * same object, which never changes.
 */
export function oncePer<Key extends object, Value extends object>(
  work: (key: Key) => Value,
): (key: Key) => Value {
  const known = new WeakMap<Key, Value>();
  return (key) => {
    const seen = known.get(key);
    if (seen !== undefined) return seen;
    const found = work(key);
    known.set(key, found);
    return found;
  };
}
