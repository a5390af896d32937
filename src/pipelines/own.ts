/** What a table says of a name that a stranger wrote: `constructor` and `toString` are in no table of ours. */
export const own = <T>(table: Readonly<Partial<Record<string, T>>>, name: string): T | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;
