import type { Location } from "../engine/types.ts";
import type { Change } from "./compare.ts";
import type { Delivery } from "./delivery.ts";
import type { Job, Pipeline } from "./model.ts";
import { readYaml } from "./read-yaml.ts";
import { entries, entry, field, text } from "./yaml.ts";
import type { Node } from "./yaml.ts";

/** A status of Codecov that passes with less than it did. */
export interface LoweredStatus {
  /** `codecov/project`. */
  readonly name: string;
  readonly was: string;
  readonly is: string;
  readonly at: Location;
  /** The job that hands the coverage in. */
  readonly job: Job;
  readonly pipeline: Pipeline;
}

const FILES = ["codecov.yml", ".codecov.yml", ".github/codecov.yml", "codecov.yaml", ".codecov.yaml"];

/** One status by its name: what it asks for, and whether it only informs. */
interface Status {
  readonly target?: { readonly least: number; readonly at: Location };
  readonly informs?: Location;
}

/** Source of the keys: https://docs.codecov.com/docs/commit-status */
export function loweredStatuses({ before, after }: Change): LoweredStatus[] {
  const path = FILES.find((file) => before.text(file) !== undefined && after.text(file) !== undefined);
  if (path === undefined || before.text(path) === after.text(path)) return [];
  const upload = uploadOf(after);
  if (!upload || !uploadOf(before)) return [];
  const [old, now] = [statusesOf(path, before), statusesOf(path, after)];
  return [...old].flatMap(([name, was]): LoweredStatus[] => {
    const is = now.get(name);
    if (!is || !mayBeRequired(name, after)) return [];
    const base = { name, ...upload };
    if (!was.informs && is.informs)
      return [{ ...base, was: "failed for too little coverage", is: "only informs", at: is.informs }];
    if (!was.target || !is.target || is.informs || is.target.least >= was.target.least) return [];
    const said = (least: number): string => `asked for ${String(least)} %`;
    return [{ ...base, was: said(was.target.least), is: said(is.target.least), at: is.target.at }];
  });
}

function statusesOf(path: string, { side, text: read }: Delivery): ReadonlyMap<string, Status> {
  const found = readYaml(read(path) ?? "", path, side);
  const status = found.problem ? undefined : field(field(found.root, "coverage"), "status");
  return new Map(
    ["project", "patch"].flatMap((kind) =>
      entries(field(status, kind)).map(({ key, value }) => {
        const name = key === "default" ? `codecov/${kind}` : `codecov/${kind}/${key}`;
        return [name, statusOf(value)] as const;
      }),
    ),
  );
}

function statusOf(node: Node): Status {
  const [target, informs] = [entry(node, "target"), entry(node, "informational")];
  const least = Number((text(target?.value) ?? "").replace("%", "") || Number.NaN);
  return {
    ...(target && !Number.isNaN(least) ? { target: { least, at: target.at } } : {}),
    ...(informs && text(informs.value) === "true" ? { informs: informs.at } : {}),
  };
}

/** Where the rules of the branch are known, they tell. */
function mayBeRequired(name: string, { facts: { rules } }: Delivery): boolean {
  return typeof rules !== "object" || rules.checks.some((check) => check.name === name);
}

function uploadOf({ pipelines }: Delivery): { readonly job: Job; readonly pipeline: Pipeline } | undefined {
  for (const pipeline of pipelines) {
    const job = pipeline.jobs.find(({ steps }) =>
      steps.some(
        ({ uses = "", run = "" }) => /^codecov\/codecov-action@/i.test(uses) || /\bcodecov\b/.test(run),
      ),
    );
    if (job) return { job, pipeline };
  }
  return undefined;
}
