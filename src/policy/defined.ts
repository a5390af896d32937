type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** The same object without the keys that hold nothing. */
export function defined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, held]) => held !== undefined)) as Defined<T>;
}
