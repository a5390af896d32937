import type { Tree } from "../engine/types.ts";
import { join } from "./folders.ts";
import { cargoMakeScript } from "./script-cargo-make.ts";
import { mageScript } from "./script-mage.ts";
import { noxScript } from "./script-nox.ts";
import { composerScript, packageScript, severalScripts } from "./script-packages.ts";
import { recipeScript } from "./script-recipes.ts";
import { rakeScript } from "./script-rake.ts";
import { taskScript } from "./script-tasks.ts";
import { toxScript } from "./script-tox.ts";

/** A script of the repository that a command names. */
export interface Script {
  /** Its file and name, such as `package.json: test`. */
  readonly label: string;
  /** The folder in which it runs. */
  readonly folder: string;
  /** Its text; absent where the file is not in the tree or does not hold it. */
  readonly text?: string;
  /** It only names other scripts, and is no level of its own. */
  readonly list?: true;
  /** Where its text begins; `spread` where its lines are lines of the file too. */
  readonly start?: { readonly path: string; readonly line: number; readonly spread: boolean };
  /** Each of its lines has a shell of its own. */
  readonly separate?: true;
  /** False where its shell goes on after a command that failed. */
  readonly errexit?: boolean;
}

/** The script of the repository that a command runs; undefined where it runs none. */
export function findScript(command: string, folder: string, tree: Tree): Script | undefined {
  for (const find of FINDERS) {
    const script = find(command, folder, tree);
    if (script) return script;
  }
  return undefined;
}

type Finder = (command: string, folder: string, tree: Tree) => Script | undefined;

const FINDERS: readonly Finder[] = [
  ...[packageScript, severalScripts, composerScript, recipeScript, taskScript],
  ...[toxScript, noxScript, rakeScript, cargoMakeScript, mageScript],
  shellFile,
];

const SHELL_FILE =
  /^(?:(?:(?:ba|z|da)?sh)(?<options>(?: -\S+| -o \w+)*) |source |\. )?(?<file>[\w./-]+\.(?:sh|bash))\b|^(?<plain>\.\/[\w./-]+)(?: |$)/;

function shellFile(command: string, folder: string, tree: Tree): Script | undefined {
  const groups = SHELL_FILE.exec(command)?.groups;
  const file = groups?.["file"] ?? groups?.["plain"];
  if (file === undefined) return undefined;
  const path = join(folder, file);
  const text = tree.files.get(path)?.text;
  if (text === undefined) return { label: path, folder };
  const errexit = startsWithErrexit(command, groups?.["options"] ?? "", text);
  return { label: path, folder, text, errexit, start: { path, line: 1, spread: true } };
}

/** `-e` stands in the call or in the first line; `set -e` is read with the commands. A sourced script is the caller's. */
function startsWithErrexit(command: string, options: string, text: string): boolean {
  const own = `${options} ${/^#!(.*)/.exec(text)?.[1] ?? ""}`;
  return /^(source|\.) /.test(command) || /(^| )-[a-z]*e|-o errexit/.test(own);
}
