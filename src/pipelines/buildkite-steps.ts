import type { Job, Step } from "./model.ts";
import { itemsOf, inOneShell, newStep, numbered, runLineOf } from "./reading.ts";
import { entries, field, text } from "./yaml.ts";
import type { Node } from "./yaml.ts";

/** The commands of a step, in one `bash -e`; where there is none, what its plugins do is not known. */
export function readCommands(step: Node): Step[] {
  const found = ["command", "commands"].flatMap((key) => commands(field(step, key)));
  const steps = found.length > 0 ? found : itemsOf(field(step, "plugins")).flatMap(plugin);
  return numbered(inOneShell(steps));
}

function commands(node: Node | undefined): Step[] {
  const items = node?.kind === "sequence" ? node.items : node ? [node] : [];
  return items.flatMap((item) => {
    const source = text(item);
    return source === undefined ? [] : [newStep(item.at, { run: source, runLine: runLineOf(item) })];
  });
}

function plugin(item: Node): Step[] {
  const [only] = entries(item);
  const name = text(item) ?? only?.key;
  return name === undefined ? [] : [newStep(item.at, { uses: name.replace("#", "@"), opaque: true })];
}

const UPLOAD = /^\s*buildkite-agent\s+pipeline\s+upload\b/m;

/** Steps that a build adds to itself while it runs. */
export function uploads(jobs: readonly Job[]): string[] {
  const adding = jobs.filter(({ steps }) =>
    steps.some(({ run = "" }) => UPLOAD.test(run) || /\|\s*buildkite-agent\s+pipeline\s+upload/.test(run)),
  );
  return adding.map(({ id }) => `what the step ${id} uploads`);
}
