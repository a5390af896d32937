import { containerName, readContainer, readInlineScript } from "./containers.ts";
import type { Ran } from "./containers.ts";
import type { Files } from "./github-actions.ts";
import type { Condition, Job, Need, Pipeline } from "./model.ts";
import {
  assemble,
  condition,
  itemsOf,
  listAt,
  need,
  newJob,
  newStep,
  NO,
  OPAQUE,
  oneLineOf,
  trigger,
  Names,
  YES,
} from "./reading.ts";
import { entries, entry, field, text, texts } from "./yaml.ts";
import type { Node, Primitive } from "./yaml.ts";

/**
 * Reads a Cloud Build configuration: each step is a job. A step without `waitFor` waits for all steps above it.
 * Source: https://cloud.google.com/build/docs/configuring-builds/configure-build-step-order
 */
export function readCloudBuild(path: string, files: Files): Pipeline[] {
  const root = files.read(path, { merge: true });
  const steps = entry(root, "steps");
  const items = itemsOf(steps?.value);
  if (!root || !steps || items.length === 0) return [];
  const order = new Order();
  const jobs = items.map((item) => readStep(item, order));
  // The trigger lies outside the file; the usual one is a push.
  const triggers = [trigger("push", steps.at)];
  const frame = {
    provider: "cloud-build" as const,
    path,
    id: path,
    name: path,
    triggers,
    triggersAt: steps.at,
  };
  return assemble({ ...frame, inputs: substitutionsOf(root) }, jobs, files);
}

function substitutionsOf(root: Node): Readonly<Record<string, Primitive>> {
  const given = entries(field(root, "substitutions"));
  return Object.fromEntries(given.map(({ key, value }) => [key.toLowerCase(), text(value) ?? null]));
}

/** What the next step waits for where it does not say it. */
class Order {
  readonly taken = new Names();
  /** All steps so far, but for those that another one here already waits for. */
  #last: Need[] = [];

  next(job: Job, explicit: boolean): void {
    const own = need(job.id, job.at);
    this.#last = explicit ? [...this.#last, own] : [own];
  }
  get all(): readonly Need[] {
    return this.#last;
  }
}

function readStep(step: Node, order: Order): Job {
  const image = text(field(step, "name")) ?? "";
  const id = order.taken.unused(text(field(step, "id")) ?? nameOf(step, image));
  const waits = entry(step, "waitFor");
  const listed = texts(waits?.value);
  const explicit = listed.length > 0;
  const needs = explicit
    ? listed.flatMap(({ text: name, at }) => (name === "-" ? [] : [need(name, at)]))
    : [...order.all];
  const allowed = allowFailure(step);
  const job = newJob(id, step.at, {
    needs,
    ...(waits && explicit ? { needsAt: listAt(waits) } : {}),
    ...(allowed ? { allowFailure: allowed } : {}),
    steps: [
      newStep(step.at, {
        uses: `docker://${image}`,
        folder: text(field(step, "dir")) ?? "",
        ...ran(step, image),
      }),
    ],
  });
  order.next(job, explicit);
  return job;
}

/** Two words at least: a step without an id cannot be waited for by a name. */
function nameOf(step: Node, image: string): string {
  const name = containerName(image, field(step, "entrypoint"), field(step, "args"));
  return name.includes(" ") ? name : `${name} step`;
}

function ran(step: Node, image: string): Ran {
  const script = field(step, "script");
  const found = script
    ? readInlineScript(script, false)
    : readContainer({ image, command: field(step, "entrypoint"), args: field(step, "args") });
  // `$$` is a dollar that is not a substitution.
  return found.run === undefined ? found : { ...found, run: found.run.replaceAll("$$", "$") };
}

/** Where both stand, the exit codes decide: https://cloud.google.com/build/docs/build-config-file-schema#allowexitcodes */
function allowFailure(step: Node): Condition | undefined {
  const codes = entry(step, "allowExitCodes");
  if (codes) return condition(OPAQUE, `allowExitCodes: ${oneLineOf(codes.value)}`, codes.at);
  const item = entry(step, "allowFailure");
  return item
    ? condition(text(item.value) === "true" ? YES : NO, `allowFailure: ${oneLineOf(item.value)}`, item.at)
    : undefined;
}
