import { filterCondition, whenCondition } from "./drone-conditions.ts";
import { readSteps, triggersOf } from "./drone-steps.ts";
import type { Files } from "./github-actions.ts";
import type { Job, Need, Pipeline, Provider, Trigger } from "./model.ts";
import { allOf, assemble, itemsOf, listAt, need, newJob, Names } from "./reading.ts";
import { entry, field, text, texts } from "./yaml.ts";
import type { Entry, Node } from "./yaml.ts";

/** A pipeline of Drone, or a workflow of Woodpecker, among others of the same build. */
interface Part {
  readonly name: string;
  readonly node: Node;
}

/** Reads `.drone.yml`: its documents are pipelines of one build. Source: https://docs.drone.io/pipeline/overview/ */
export function readDrone(path: string, files: Files): Pipeline[] {
  const documents = itemsOf(files.read(path, { merge: true, several: true }));
  const parts = documents.flatMap((node): Part[] =>
    text(field(node, "kind")) === "pipeline" || !entry(node, "kind")
      ? [{ name: text(field(node, "name")) ?? "default", node }]
      : [],
  );
  const templates = documents.flatMap((node) =>
    text(field(node, "kind")) === "template" ? (text(field(node, "load")) ?? "a template") : [],
  );
  return build({ provider: "drone", path, parts, opaque: templates }, files);
}

const WOODPECKER_FILE = /^\.woodpecker(\.ya?ml|\/[^/]+\.ya?ml)$/;

/** Reads all files of Woodpecker: each is a workflow of one build, named after its file. Source: https://woodpecker-ci.org/docs/usage/workflows */
export function readWoodpecker(files: Files): Pipeline[] {
  const paths = [...files.tree.files.keys()].filter((path) => WOODPECKER_FILE.test(path)).sort();
  const parts = paths.flatMap((path): Part[] => {
    const node = files.read(path, { merge: true });
    const name = (path.split("/").at(-1) ?? path).replace(/\.ya?ml$/, "").replace(/^\./, "");
    return node?.kind === "map" ? [{ name, node }] : [];
  });
  const [first] = parts;
  const path = first && parts.length === 1 ? first.node.at.path : ".woodpecker";
  return first ? build({ provider: "woodpecker", path, parts, opaque: [] }, files) : [];
}

interface Build {
  readonly provider: Extract<Provider, "drone" | "woodpecker">;
  readonly path: string;
  readonly parts: readonly Part[];
  readonly opaque: readonly string[];
}

function build({ provider, path, parts, opaque }: Build, files: Files): Pipeline[] {
  const [first] = parts;
  const id = provider === "woodpecker" ? ".woodpecker" : path;
  const at = first?.node.at ?? { side: files.side, path, line: 1, column: 1, endLine: 1, endColumn: 1 };
  const jobs = first && parts.length === 1 ? single(first) : several(parts);
  const frame = {
    provider,
    path,
    id,
    name: id,
    triggers: unique(parts.flatMap(({ node }) => triggersOf(node))),
    triggersAt: at,
  };
  return jobs.length === 0 && opaque.length === 0 ? [] : assemble({ ...frame, opaque }, jobs, files);
}

function unique(triggers: readonly Trigger[]): Trigger[] {
  return [...new Map(triggers.map((one) => [`${one.event} ${one.tags.join(" ")}`, one])).values()];
}

/** Filters of a whole pipeline: Drone calls them `trigger`, Woodpecker `when`. */
const filtersOf = (node: Node): Entry | undefined => entry(node, "trigger") ?? entry(node, "when");

/** A pipeline alone: its filters are those of each step. */
function single({ node }: Part): Job[] {
  const filters = filterCondition(filtersOf(node));
  return readSteps(node).map((job) => ({ ...job, ...allOf([job.condition, filters]) }));
}

/** Pipelines beside each other: each is a job that calls its steps. */
function several(parts: readonly Part[]): Job[] {
  const taken = new Names();
  return parts.flatMap((part) => withSteps(part, taken.unused(part.name)));
}

function withSteps({ node, name }: Part, id: string): Job[] {
  const waits = entry(node, "depends_on");
  const at = entry(node, "name")?.at ?? node.at;
  const caller = newJob(id, at, {
    needs: texts(waits?.value).map((one) => need(one.text, one.at)),
    ...(waits ? { needsAt: listAt(waits) } : {}),
    condition: whenCondition(filtersOf(node), node),
    call: { target: name, arguments: {}, opaque: false },
  });
  const within = (key: string): string => `${caller.key}/${key}`;
  const steps = readSteps(node).map((job): Job => ({
    ...job,
    key: within(job.key),
    root: id,
    caller: caller.key,
    needs: job.needs.map((one): Need => ({ ...one, key: within(one.key) })),
  }));
  return [caller, ...steps];
}
