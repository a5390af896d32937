/** What make itself decides, written as a shell would say it: https://www.gnu.org/software/make/manual/make.html#Conditionals */

const REFERENCE = /(?<!\$)\$[({]([A-Za-z_]\w*)[)}]/g;

/** A variable of make as one of the shell. */
export const inShell = (text: string): string => text.replaceAll(REFERENCE, "${$1}");

const COMPARES = [
  /^(?<compare>ifn?eq)\s*\((?<left>[^,]*),(?<right>.*)\)$/,
  /^(?<compare>ifn?eq)\s*["'](?<left>[^"']*)["']\s+["'](?<right>[^"']*)["']$/,
];
const DEFINED = /^(ifn?def)\s+(\w+)$/;

/** The branches of a recipe, as they are read line by line. Those that begin outside of it are not its own. */
export class MakeBranches {
  #open = 0;

  /** What stands for a line in the shell; undefined where the line is none of make's own. */
  read(text: string): string[] | undefined {
    const line = text.trim();
    if (/^ifn?(eq|def)\b/.test(line)) {
      this.#open += 1;
      return [`if ${asked(line)}; then`];
    }
    const more = /^else\b(.*)/.exec(line)?.[1]?.trim();
    if (more !== undefined) {
      if (this.#open === 0) return [];
      return [more === "" ? "else" : `elif ${asked(more)}; then`];
    }
    if (!/^endif\b/.test(line)) return undefined;
    if (this.#open === 0) return [];
    this.#open -= 1;
    return ["fi"];
  }

  /** What closes the branches that are still open. */
  end(): string[] {
    return Array.from({ length: this.#open }, () => "fi");
  }
}

/** What is not read decides nothing. */
const UNREAD = "[ -f Makefile ]";

function asked(line: string): string {
  const [, defined, name = ""] = DEFINED.exec(line) ?? [];
  if (defined !== undefined) return `[ ${defined === "ifdef" ? "-n" : "-z"} "\${${name}}" ]`;
  const found = COMPARES.map((form) => form.exec(line)?.groups).find((groups) => groups !== undefined);
  return found ? compared(found) : UNREAD;
}

function compared({ compare, left = "", right = "" }: Readonly<Partial<Record<string, string>>>): string {
  const sides = [left, right].map((side) => inShell(side.trim()));
  if (sides.some((side) => /["`]|\$\(/.test(side))) return UNREAD;
  return `[ ${sides.map((side) => `"${side}"`).join(compare === "ifeq" ? " = " : " != ")} ]`;
}

/** The values that a Makefile gives to the variables of a recipe: `?=` gives a default. */
export function makeValues(body: readonly string[], source: string): string[] {
  const text = body.join("\n");
  if (!/\[ |\bif\b/.test(text)) return [];
  const names = [...new Set([...text.matchAll(/\$\{(\w+)\}/g)].map(([, name = ""]) => name))];
  return names.slice(0, 50).flatMap((name) => {
    const [, how, value = ""] =
      new RegExp(String.raw`^(?:export )?${name}\s*([?:]*)=[ \t]*([^\n#]*)`, "m").exec(source) ?? [];
    if (how === undefined) return [];
    const plain = value.trim();
    if (!/^[\w.-]*$/.test(plain)) return [`${name}=$(computed)`];
    return [how === "?" ? `${name}="\${${name}:-${plain}}"` : `${name}=${plain}`];
  });
}
