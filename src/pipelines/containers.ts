import type { Step } from "./model.ts";
import { itemsOf, runLineOf } from "./reading.ts";
import { imageName } from "./unwrap.ts";
import { text, texts } from "./yaml.ts";
import type { Node } from "./yaml.ts";

/** What of a step tells what its container runs. */
export type Ran = Partial<Pick<Step, "run" | "runLine" | "pipefail" | "errexit" | "posix">>;

interface Container {
  readonly image: string;
  /** What is run in place of the image's own entry point. */
  readonly command: Node | undefined;
  readonly args: Node | undefined;
}

const SHELL = /^(\/bin\/|\/usr\/bin\/|\/busybox\/)?(ba|z|da|a)?sh$/;

/** The command of a container: a script that a shell gets by `-c`, or the entry point with its arguments. */
export function readContainer({ image, command, args }: Container): Ran {
  const nodes = [command, args].flatMap((node) =>
    node?.kind === "sequence" ? itemsOf(node) : node ? [node] : [],
  );
  const words = nodes.flatMap((node) => text(node) ?? []);
  const at = SHELL.test(words[0] ?? "")
    ? words.findIndex((word, index) => index > 0 && /^-[a-z]*c$/.test(word))
    : -1;
  const script = at === -1 ? undefined : nodes[at + 1];
  const source = text(script);
  if (script && source !== undefined) {
    const options = words.slice(1, at + 1).join(" ");
    return {
      run: source,
      runLine: runLineOf(script),
      errexit: /(^| )-[a-z]*e/.test(options),
      pipefail: options.includes("pipefail"),
    };
  }
  if (words.length === 0) return image === "" ? {} : { run: quoted(["docker", "run", image]) };
  if (command) return { run: quoted(words) };
  // Google's builders are programs; of other images the arguments may be a program, or its options.
  if (/(^|\/)(cloud-builders|cloud-builders-community)\//.test(image))
    return { run: quoted([imageName(image), ...words]) };
  return { run: quoted(["docker", "run", image, ...words]) };
}

/** Words as a shell would be given them. */
const quoted = (words: readonly string[]): string =>
  words
    .map((word) => (/^[\w@%+=:,./$-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`))
    .join(" ");

const INTERPRETER = /^#!\s*(?:\/usr\/bin\/env\s+(?:-S\s+)?)?(\S+)([^\n]*)/;

/** A script that stands in the file. Its first line names its shell; `errexit` is what it starts with without one. */
export function readInlineScript(node: Node | undefined, errexit: boolean): Ran {
  const source = text(node);
  if (!node || source === undefined) return {};
  const [, program, options = ""] = INTERPRETER.exec(source) ?? [];
  const base = { run: source, runLine: runLineOf(node) };
  if (program === undefined) return { ...base, errexit };
  return {
    ...base,
    posix: SHELL.test(program),
    errexit: /(^| )-[a-z]*e/.test(options),
    pipefail: options.includes("pipefail"),
  };
}

/** What a container is called where nobody named it: its program and the first word after it. */
export function containerName(image: string, ...nodes: readonly (Node | undefined)[]): string {
  const words = nodes.flatMap((node) => texts(node).map(({ text: word }) => word));
  const plain = words.filter((word) => /^[\w./:-]{1,30}$/.test(word) && !word.startsWith("-"));
  return [imageName(image), ...plain.slice(0, 2)].join(" ");
}
