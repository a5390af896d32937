/** Puts values in where a text asks for them as `<< parameters.name >>`. What is not known stays as written. */
export function substituted(source: string, given: ReadonlyMap<string, string>): string {
  if (!source.includes("<<")) return source;
  return source.replaceAll(
    /<<\s{0,9}(?:parameters|matrix)\.([\w-]{1,100})\s{0,9}>>/g,
    (whole, name: string) => given.get(name) ?? whole,
  );
}
