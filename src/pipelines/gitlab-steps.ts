import type { Leg, Step } from "./model.ts";
import { condition, inOneShell, newStep, numbered, runLineOf, status, YES } from "./reading.ts";
import { readMatrix } from "./github-matrix.ts";
import { entries, field, text } from "./yaml.ts";
import type { MapNode, Node } from "./yaml.ts";

/** Lists of scripts may nest; GitLab reads ten levels: https://docs.gitlab.com/ci/yaml/yaml_optimization/ */
const NESTED = 10;

/** The scripts of a job, each entry a step: the shell ends at the first that fails. */
export function readScripts(job: Node, defaults: Node | undefined, root: Node): Step[] {
  const of = (key: string): Node | undefined => field(job, key) ?? field(defaults, key) ?? field(root, key);
  const main = inOneShell([...commands(of("before_script")), ...commands(field(job, "script"))]);
  const after = commands(of("after_script")).map((step): Step => ({
    ...step,
    condition: condition(status("always"), "after_script", step.at),
    allowFailure: condition(YES, "after_script", step.at),
  }));
  return numbered([...main, ...after]);
}

function commands(node: Node | undefined, depth = 0): Step[] {
  if (!node || depth > NESTED) return [];
  if (node.kind === "sequence") return node.items.flatMap((item) => commands(item, depth + 1));
  const source = text(node);
  // Runners start bash with `-eo pipefail`, and other shells without it.
  return source === undefined
    ? []
    : [newStep(node.at, { run: source, runLine: runLineOf(node), pipefail: true })];
}

/** `parallel: { matrix: [{ REGION: [eu, us] }] }`: the legs of all maps. */
export function readMatrixLegs(parallel: Node | undefined): Leg[] {
  const maps = field(parallel, "matrix");
  const items = maps?.kind === "sequence" ? maps.items : [];
  return items.flatMap((item) => [...readMatrix(asStrategy(item))]);
}

function asStrategy(item: Node): MapNode {
  const lists = entries(item).map(({ value, ...rest }) => {
    const list: Node = value.kind === "sequence" ? value : { kind: "sequence", items: [value], at: value.at };
    return [rest.key, { ...rest, value: list }] as const;
  });
  const matrix: MapNode = { kind: "map", entries: new Map(lists), at: item.at };
  return {
    kind: "map",
    at: item.at,
    entries: new Map([["matrix", { key: "matrix", at: item.at, value: matrix }]]),
  };
}
