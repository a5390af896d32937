import { at, isObject } from "../engine/json.ts";
import { describe } from "../engine/manifest.ts";
import type { FieldPath, Location, Manifest, Side, Tree } from "../engine/types.ts";
import { definitions } from "../engine/template.ts";
import { readYaml } from "../engine/yaml.ts";
import { chartFiles, join, type Chart } from "./chart.ts";
import type { Built } from "./kustomize.ts";
import { environmentOf } from "./environment.ts";
import type { Switches } from "./dormant.ts";
import { firstLine } from "./origin.ts";
import { folderOf } from "./paths.ts";
import { deadline, runTool, type Outcome } from "./process.ts";
import {
  NO_REPAIR,
  repairFor,
  standInHelpers,
  standInValues,
  type Repair,
  type Templates,
} from "./repair.ts";
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
  /** Values that switch on what nothing else does, by path. */
  readonly on?: Switches;
}

/** Where it is known how production deploys a chart, nobody deploys its bare defaults. */
export function releasesOf(chart: Chart): Release[] {
  const releases = chart.values.map((values) => ({ chart, values }));
  return releases.some(({ values }) => environmentOf(values) === "production") ? releases : [{ chart }, ...releases];
}

export function releaseId({ chart, values, on }: Release): string {
  if (on !== undefined) return `${chart.folder} (with ${Object.keys(on).join(", ")})`;
  if (values === undefined) return chart.folder;
  const name = folderOf(values) === chart.folder ? values.slice(values.lastIndexOf("/") + 1) : values;
  return `${chart.folder} (${name})`;
}

/** How often a chart is tried again without what it could not be rendered with; large charts lack some ten values. */
const MOST_REPAIRS = 40;

/** Renders a chart with `helm template`. What cannot be rendered is a note that says how to make it renderable. */
export async function renderRelease(release: Release, tree: Tree, side: Side): Promise<Built> {
  const files = chartFiles(release.chart, tree);
  const templates = templatesOf(release.chart, files);
  const late = deadline();
  let repair = NO_REPAIR;
  let outcome = await runHelm(release, { tree, files, repair, templates });
  for (let tries = 0; !outcome.ok && !outcome.missing && tries < MOST_REPAIRS && !late(); tries++) {
    const next = repairFor(outcome.detail, repair, templates);
    if (!next) break;
    repair = next;
    outcome = await runHelm(release, { tree, files, repair, templates });
  }
  const attempt = { ...release, repair: needed(repair, release, tree) };
  if (!outcome.ok) {
    const reason = outcome.missing ? "helm is not in PATH. Install it beside nines" : outcome.reason;
    return {
      ...{ ok: false, manifests: [], incomplete: true, missing: [], notes: [], dropped: [] },
      attempt: { ...attempt, reason },
    };
  }
  return {
    ok: true,
    manifests: manifestsOf(outcome.output, release, tree, side),
    incomplete: release.on !== undefined || repair.dropped.length + repair.helpers.length > 0,
    missing: release.chart.missing,
    notes: [],
    attempt,
    dropped: repair.dropped.map((template) => join(release.chart.folder, template)),
  };
}

/** All that stands in was asked for; only what no file sets is missing. */
function needed(repair: Repair, { chart, values }: Release, tree: Tree): Repair {
  const paths = [join(chart.folder, "values.yaml"), ...(values === undefined ? [] : [values])];
  const layers = paths.map((path) => readYaml(tree.files.get(path)?.text ?? "").documents[0]?.value);
  const isUnset = (path: string) => layers.every((layer) => at(layer, path.split(".")) === undefined);
  return { ...repair, empty: repair.empty.filter(isUnset), unknown: repair.unknown.filter(isUnset) };
}

/** Paths within the chart. */
function templatesOf({ folder }: Chart, files: ReadonlyMap<string, string>): Templates {
  const start = folder === "." ? 0 : folder.length + 1;
  const inside = [...files].filter(([path]) => /(^|\/)templates\//.test(path.slice(start)));
  return new Map(inside.map(([path, text]) => [path.slice(start), text]));
}

interface Run {
  readonly tree: Tree;
  /** The chart's files, as they are. */
  readonly files: ReadonlyMap<string, string>;
  readonly repair: Repair;
  readonly templates: Templates;
}

function runHelm({ chart, values, on = {} }: Release, { tree, files: written, repair, templates }: Run): Promise<Outcome> {
  const files = new Map(written);
  // It must still be there: others may include it, or what it defines.
  for (const template of repair.dropped) {
    const path = join(chart.folder, template);
    files.set(path, definitions(files.get(path) ?? ""));
  }
  if (repair.helpers.length > 0)
    files.set(join(chart.folder, "templates/_nines.tpl"), standInHelpers(repair.helpers, templates));
  files.set(STAND_INS, standInValues(repair));
  files.set(FORCED, standInValues({ empty: [], unknown: repair.forced }, on));
  if (values !== undefined) files.set(values, tree.files.get(values)?.text ?? "");
  // Later files win: what stands in must not hide what the chart or the environment sets.
  const own = join(chart.folder, "values.yaml");
  const layers = [STAND_INS, ...(files.has(own) ? [own] : []), ...(values === undefined ? [] : [values]), FORCED];
  const args = [
    ...["template", chart.name, chart.folder, "--include-crds", "--skip-tests"],
    ...API_VERSIONS.flatMap((api) => ["--api-versions", api]),
    ...layers.flatMap((file) => ["--values", file]),
  ];
  return inScratch(files, (scratch) => runTool("helm", args, scratch));
}

const STAND_INS = ".nines-values.json";
const FORCED = ".nines-forced.json";

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
