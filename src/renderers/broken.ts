import type { Broken, Note, Side, Tree, Unit } from "../engine/types.ts";
import { lineAt } from "../engine/yaml.ts";
import type { Attempt } from "./chart-notes.ts";
import { pathIn } from "./chart.ts";
import { environmentOf } from "./environment.ts";
import type { Result } from "./jobs.ts";
import type { Closure } from "./kustomization.ts";
import { standing } from "./left-out.ts";
import { folderOf, resolvePath } from "./paths.ts";
import type { Plan } from "./plan.ts";
import { environmentOfRelease, type Release } from "./release.ts";
import { isNothing, type Fault } from "./repair.ts";

/** What this change broke at a line of a file. */
export function brokenAt(path: string, line: number, reason: string): Broken {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const subject = { ref: path, kind: "File", namespace: "", name, labels: {} };
  return {
    ...subject,
    at: { side: "head", path, line, column: 1, endLine: line, endColumn: 1 },
    reason: reason.replace(/\.$/, ""),
  };
}

/**
 * Charts that could be rendered before and no longer can: a template cannot be read, or fails with values that are all
 * known. Where values may come from elsewhere, they may be what is missing, and nothing is said.
 */
export function brokenCharts(results: readonly Result[]): Unit[] {
  const before = new Map(
    results.flatMap(({ job, built }) => (job.side === "base" ? [[job.id, built.attempt]] : [])),
  );
  return results.flatMap(({ job, built }): Unit[] => {
    const { release, id } = job;
    const fault = built.attempt?.fault;
    if (job.side === "base" || !release || !fault || !isNew(fault, release, before.get(id))) return [];
    const broken = [brokenAt(pathIn(release.chart, fault.template), fault.line, fault.message)];
    return [{ id, environment: environmentOfRelease(release), manifests: [], broken }];
  });
}

function isNew({ always }: Fault, { chart, whole }: Release, was: Attempt | undefined): boolean {
  if (!was || was.reason !== undefined || was.fault?.always === true) return false;
  // What a dependency brings that is fetched before the chart is installed is not here either.
  return always || (whole === true && chart.missing.length === 0 && isNothing(was.tried));
}

/** Kustomizations that could be built before and no longer can. */
export function brokenBuilds(results: readonly Result[]): Unit[] {
  const built = new Set(
    results.flatMap(({ job, built }) => (job.side === "base" && built.ok ? [job.id] : [])),
  );
  return results.flatMap(({ job, built: { ok, broken } }): Unit[] => {
    if (job.side === "base" || ok || broken === undefined || !built.has(job.id)) return [];
    return [{ id: job.id, environment: environmentOf(job.id), manifests: [], broken: [broken] }];
  });
}

/** Files that kustomizations still name, and that this change takes away. */
export function lostFiles({ base, head }: Record<Side, Plan>, tree: Tree): Unit[] {
  return standing(base, head).flatMap(([was, is]): Unit[] => {
    const broken = missingFrom(is, new Set(was.files), tree);
    const id = is.root.folder;
    return broken.length === 0 ? [] : [{ id, environment: environmentOf(id), manifests: [], broken }];
  });
}

function missingFrom({ parts, unavailable }: Closure, before: ReadonlySet<string>, tree: Tree): Broken[] {
  return parts.flatMap(({ path, folder, used }) => {
    const includes = (unavailable.get(path) ?? []).flatMap((include) => resolvePath(folder, include) ?? []);
    const missing = [...used, ...includes].filter((file) => before.has(file) && !tree.files.has(file));
    const text = tree.files.get(path)?.text ?? "";
    return missing.map((file) => {
      const at = text.lastIndexOf(file.slice(file.lastIndexOf("/") + 1));
      return brokenAt(path, lineAt(text, Math.max(0, at)), removed(file));
    });
  });
}

/** Whether a note says what a finding says already: that a file is not here which this change removes. */
export function isTold({ path, message }: Note, lost: readonly Unit[]): boolean {
  const [include = ""] = message.split(" is not in the repository");
  const file = resolvePath(folderOf(path), include) ?? "";
  return lost.some(({ broken }) =>
    broken?.some(({ ref, reason }) => ref === path && reason === removed(file)),
  );
}

const removed = (file: string) => `it names ${file}, which this change removes`;
