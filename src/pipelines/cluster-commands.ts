import { list, object, string, texts } from "../engine/json.ts";
import type { Json } from "../engine/types.ts";
import { commandRule } from "./evidence-table.ts";
import type { Purpose } from "./evidence-table.ts";
import { readScript } from "./shell.ts";
import { unwrap } from "./unwrap.ts";

/** What a command in the cluster tests, and why it cannot fail where it cannot. */
export interface ClusterCommand {
  readonly purpose: Purpose;
  readonly tool: string;
  readonly cannotFail?: string;
}

/** What the containers of a pod test, by their images and commands. */
export function testsOfPod(podSpec: Json | undefined): ClusterCommand[] {
  return list(object(podSpec)["containers"]).flatMap((item) => {
    const { image, command, args } = object(item);
    const words = [...texts(command), ...texts(args)];
    // `grafana/k6` with the arguments `run test.js` runs `k6 run test.js`.
    const program =
      (string(image) ?? "")
        .replace(/[:@].*$/, "")
        .split("/")
        .at(-1) ?? "";
    const own = command === undefined ? [[program, ...words].join(" ")] : [];
    return [...own.flatMap(testOf), ...commandsIn(words).flatMap(testOf)].slice(0, 1);
  });
}

/** What a command line tests, as a load tester is told to run it. */
export const testsOfCommand = (script: string): ClusterCommand[] =>
  readScript(script)
    .flatMap(({ words }) => commandsIn(words))
    .flatMap(testOf)
    .slice(0, 1);

function commandsIn(words: readonly string[]): string[] {
  const inner = unwrap(words);
  if (inner.script === undefined) return [...inner.texts];
  return readScript(inner.script).flatMap((command) => unwrap(command.words).texts);
}

function testOf(text: string): ClusterCommand[] {
  const rule = commandRule(text);
  if (!rule) return [];
  const { purpose, tool } = rule;
  const cannotFail = rule.blunt?.(text);
  return [cannotFail === undefined ? { purpose, tool } : { purpose, tool, cannotFail }];
}
