import type { Tree } from "../engine/types.ts";
import { callsOf } from "./code-calls.ts";
import { join } from "./folders.ts";
import type { Script } from "./scripts.ts";

/** The targets of magefiles, which are functions: https://magefile.org/targets/ */
export function mageScript(command: string, folder: string, tree: Tree): Script | undefined {
  const [program, ...words] = command.split(" ");
  if (program !== "mage" || words.some((word) => /^-(l|h|init|clean|compile|version|f|d|w)$/.test(word)))
    return undefined;
  const targets = words.filter((word) => /^[A-Za-z][\w:]*$/.test(word));
  if (targets.length > 1)
    return { label: command, folder, text: targets.map((target) => `mage ${target}`).join("\n"), list: true };
  const sources = sourcesOf(folder, tree);
  const target = targets[0] ?? /^var\s+Default\s*=\s*([\w.]+)/m.exec(sources)?.[1];
  const body = target === undefined ? undefined : bodyOf(target.toLowerCase().replace(".", ":"), sources);
  const lines = body === undefined ? [] : commandsOf(body);
  if (target === undefined || lines.length === 0) return undefined;
  return { label: `${join(folder, "magefile.go")}: ${target}`, folder, text: lines.join("\n") };
}

function sourcesOf(folder: string, tree: Tree): string {
  const prefix = join(folder, "magefiles");
  const paths = [...tree.files.keys()].filter(
    (path) => path === join(folder, "magefile.go") || (path.startsWith(`${prefix}/`) && path.endsWith(".go")),
  );
  return paths.map((path) => tree.files.get(path)?.text ?? "").join("\n");
}

/** A target is found without case; `test:unit` is the method `Unit` of the namespace `Test`. gofmt ends a function at the margin. */
function bodyOf(target: string, sources: string): string | undefined {
  for (const match of sources.matchAll(/^func (?:\((?:\w+ )?(\w+)\) )?(\w+)\([^)\n]*\)[^{\n]*\{\n/gm)) {
    const [whole, space, name = ""] = match;
    const full = (space === undefined ? name : `${space}:${name}`).toLowerCase();
    if (full !== target) continue;
    const rest = sources.slice(match.index + whole.length);
    const end = rest.search(/^\}/m);
    return end === -1 ? rest : rest.slice(0, end);
  }
  return undefined;
}

/** What it needs first, then what it runs; `mg.Deps(Test.Unit)` needs `test:unit`. */
function commandsOf(body: string): string[] {
  const needed = [...body.matchAll(/\bmg\.(?:Serial)?(?:Ctx)?Deps\(([^()]{0,500})/g)].flatMap(
    ([, list = ""]) =>
      list.split(",").flatMap((name) => /^\s*([A-Z]\w*(?:\.\w+)?)\s*$/.exec(name)?.[1] ?? []),
  );
  const run = callsOf(body, /\b(?:sh\.(?:Run|RunV|RunWith|RunWithV|Output|Exec)|exec\.Command)\(/g);
  return [
    ...needed.map((name) => `mage ${name.replace(".", ":").toLowerCase()}`),
    ...run.flatMap(({ texts }) => (texts.length === 0 ? [] : [texts.join(" ")])),
  ];
}
