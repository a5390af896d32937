import { isObject } from "../engine/json.ts";
import { describe } from "../engine/manifest.ts";
import type { FieldPath, Location, Manifest, Note, Side, Tree } from "../engine/types.ts";
import { definitions } from "../engine/template.ts";
import { readYaml } from "../engine/yaml.ts";
import { chartFiles, join, type Chart } from "./chart.ts";
import type { Built } from "./kustomize.ts";
import { firstLine } from "./origin.ts";
import { folderOf } from "./paths.ts";
import { deadline, runTool, type Outcome } from "./process.ts";
import { standInValues, NO_REPAIR, repairFor, type Repair } from "./repair.ts";
import { inScratch } from "./scratch.ts";
import { templateIndex, type TemplateIndex } from "./template-index.ts";

/** APIs that charts ask for before they render an object of them. */
const API_VERSIONS = [
  "monitoring.coreos.com/v1",
  "policy/v1",
  "policy/v1/PodDisruptionBudget",
  "autoscaling/v2",
  "networking.k8s.io/v1",
  "networking.k8s.io/v1/Ingress",
  "gateway.networking.k8s.io/v1",
  "cert-manager.io/v1",
  "keda.sh/v1alpha1",
];

/** A chart with one set of values. */
export interface Release {
  readonly chart: Chart;
  /** A values file of the tree, on top of the chart's own; absent for the chart's defaults. */
  readonly values?: string;
}

export function releasesOf(chart: Chart): Release[] {
  return [{ chart }, ...chart.values.map((values) => ({ chart, values }))];
}

export function releaseId({ chart, values }: Release): string {
  if (values === undefined) return chart.folder;
  const name = folderOf(values) === chart.folder ? values.slice(values.lastIndexOf("/") + 1) : values;
  return `${chart.folder} (${name})`;
}

/** What a chart lacked with one set of values it lacks with the next. */
const known = new WeakMap<Chart, Repair>();

/** How often a chart is tried again without what it could not be rendered with; large charts lack some ten values. */
const MOST_REPAIRS = 40;

/** Renders a chart with `helm template`. What cannot be rendered is a note that says how to make it renderable. */
export async function renderRelease(release: Release, tree: Tree, side: Side): Promise<Built> {
  const textOf = (template: string) => tree.files.get(join(release.chart.folder, template))?.text ?? "";
  const late = deadline();
  let repair = known.get(release.chart) ?? NO_REPAIR;
  let outcome = await runHelm(release, tree, repair);
  for (let tries = 0; !outcome.ok && !outcome.missing && tries < MOST_REPAIRS && !late(); tries++) {
    const next = repairFor(outcome.reason, repair, textOf);
    if (!next) break;
    repair = next;
    outcome = await runHelm(release, tree, repair);
  }
  known.set(release.chart, repair);
  if (!outcome.ok) {
    const reason = outcome.missing ? "helm is not in PATH. Install it beside nines" : outcome.reason;
    return { ok: false, manifests: [], incomplete: true, notes: [notRendered(release, reason)], dropped: [] };
  }
  return {
    ok: true,
    manifests: manifestsOf(outcome.output, release, tree, side),
    incomplete: release.chart.missing.length > 0 || repair.dropped.length > 0,
    notes: [...dependencyNotes(release.chart), ...repairNotes(release, repair)],
    dropped: repair.dropped.map((template) => join(release.chart.folder, template)),
  };
}

function runHelm({ chart, values }: Release, tree: Tree, repair: Repair): Promise<Outcome> {
  const files = chartFiles(chart, tree);
  // It must still be there: others may include it, or what it defines.
  for (const template of repair.dropped) {
    const path = join(chart.folder, template);
    files.set(path, definitions(files.get(path) ?? ""));
  }
  files.set(STAND_INS, standInValues(repair));
  if (values !== undefined) files.set(values, tree.files.get(values)?.text ?? "");
  // Later files win: what stands in must not hide what the chart or the environment sets.
  const own = join(chart.folder, "values.yaml");
  const layers = [STAND_INS, ...(files.has(own) ? [own] : []), ...(values === undefined ? [] : [values])];
  const args = [
    ...["template", chart.name, chart.folder, "--include-crds", "--skip-tests"],
    ...API_VERSIONS.flatMap((api) => ["--api-versions", api]),
    ...layers.flatMap((file) => ["--values", file]),
  ];
  return inScratch(files, (scratch) => runTool("helm", args, scratch));
}

const STAND_INS = ".nines-values.json";

function notRendered(release: Release, reason: string): Note {
  const missing = release.chart.missing.length === 0 ? "" : ` ${vendor(release.chart)}`;
  const message = `The chart ${releaseId(release)} could not be rendered and was not judged: ${reason}.${missing}`;
  return { path: placeOf(release), message };
}

const placeOf = ({ chart, values }: Release) => values ?? join(chart.folder, "Chart.yaml");

function repairNotes(release: Release, { empty, unknown, dropped }: Repair): Note[] {
  const path = placeOf(release);
  const without = `The chart ${releaseId(release)} was rendered without`;
  const values = [...empty, ...unknown].join(", ");
  const templates = dropped.join(", ");
  return [
    ...(values === "" ? [] : [{ path, message: `${without} values that no file here sets: ${values}.` }]),
    ...(templates === ""
      ? []
      : [
          {
            path,
            message: `${without} templates that need more than the repository holds: ${templates}. They were not judged.`,
          },
        ]),
  ];
}

function dependencyNotes(chart: Chart): Note[] {
  if (chart.missing.length === 0) return [];
  return [
    {
      path: join(chart.folder, "Chart.yaml"),
      message: `What dependencies of this chart deploy was not judged. ${vendor(chart)}`,
    },
  ];
}

function vendor({ missing }: Chart): string {
  return `Not in the repository: ${missing.join(", ")}. Vendor them with \`helm dependency update\` and commit charts/ to have them judged.`;
}

function manifestsOf(output: string, release: Release, tree: Tree, side: Side): Manifest[] {
  const index = templateIndex(release, tree, side);
  return output.split(/^---$/m).flatMap((piece) => {
    const source = /^# Source: [^/\n]+\/(.+)$/m.exec(piece)?.[1];
    return readYaml(piece).documents.flatMap(({ value }) => {
      if (!isObject(value) || !isObject(value["metadata"]) || typeof value["kind"] !== "string") return [];
      return [renderedBy(value, source, { index, side, release, tree })];
    });
  });
}

interface Context {
  readonly index: TemplateIndex;
  readonly side: Side;
  readonly release: Release;
  readonly tree: Tree;
}

function renderedBy(
  value: Parameters<typeof describe>[0],
  source: string | undefined,
  context: Context,
): Manifest {
  const { index, side, release, tree } = context;
  const path = source === undefined ? join(release.chart.folder, "Chart.yaml") : index.pathOf(source);
  const locate = (field: FieldPath): Location => index.locate(path, value, field) ?? firstLine(path, side);
  // What is rendered has no text of its own to edit; the template's text tells where its fixed parts stand.
  return describe(value, { path, source: tree.files.get(path)?.text ?? "", locate, span: () => undefined });
}
