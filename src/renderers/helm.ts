import { at, isObject } from "../engine/json.ts";
import { describe } from "../engine/manifest.ts";
import type { FieldPath, Location, Manifest, Repeat, Side, Tree } from "../engine/types.ts";
import { definitions } from "../engine/template.ts";
import { orderedValues, type ValuesLayer } from "../engine/values.ts";
import { readYaml } from "../engine/yaml.ts";
import { chartFiles, join, type Chart } from "./chart.ts";
import { releaseName } from "./identity.ts";
import type { Built } from "./kustomize.ts";
import { firstLine } from "./origin.ts";
import { deadline, runTool, type Outcome } from "./process.ts";
import {
  faultIn,
  isNothing,
  NO_REPAIR,
  repairFor,
  standInHelpers,
  standInValues,
  type Fault,
  type Repair,
  type Templates,
} from "./repair.ts";
import { layersOf, type Release } from "./release.ts";
import { inScratch, unwritable } from "./scratch.ts";
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

/** How often a chart is tried again without what it could not be rendered with; large charts lack some ten values. */
const MOST_REPAIRS = 40;

/** Renders a chart with `helm template`. What cannot be rendered is a note that says how to make it renderable. */
export async function renderRelease(
  release: Release,
  { tree, side, seed }: { tree: Tree; side: Side; seed?: Repair | undefined },
): Promise<Built> {
  const layers = layersOf(release, side, tree);
  const files = chartFiles(release.chart, tree);
  const templates = templatesOf(release.chart, files);
  const late = deadline();
  let repair = seed ?? NO_REPAIR;
  let outcome = await runHelm(release, { tree, files, repair, templates, side });
  const fault = faultOf(outcome, repair);
  for (let tries = 0; !outcome.ok && !outcome.missing && tries < MOST_REPAIRS && !late(); tries++) {
    const next = repairFor(outcome.detail, repair, templates);
    if (!next) break;
    repair = next;
    outcome = await runHelm(release, { tree, files, repair, templates, side });
  }
  const attempt = { release, tried: repair, repair: needed(repair, layers), fault };
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

/** What stands in for values may be what a template fails with. */
function faultOf(outcome: Outcome, repair: Repair): Fault | undefined {
  const fault = outcome.ok || outcome.missing ? undefined : faultIn(outcome.detail);
  return fault && (fault.always || isNothing(repair)) ? fault : undefined;
}

/** All that stands in was asked for; only what no file sets is missing. */
function needed(repair: Repair, layers: readonly ValuesLayer[]): Repair {
  const isUnset = (path: string) => layers.every(({ values }) => at(values, path.split(".")) === undefined);
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
  readonly side: Side;
}

function runHelm(release: Release, { tree, files: written, repair, templates, side }: Run): Promise<Outcome> {
  const { chart, identity, on = {} } = release;
  const files = new Map(written);
  // It must still be there: others may include it, or what it defines.
  for (const template of repair.dropped) {
    const path = join(chart.folder, template);
    files.set(path, definitions(files.get(path) ?? ""));
  }
  if (repair.helpers.length > 0)
    files.set(join(chart.folder, "templates/_nines.tpl"), standInHelpers(repair.helpers, templates));
  // Later files win: what stands in must not hide what the chart or the environment sets.
  const layers = [
    standInValues(repair),
    ...valuesTexts(release, side, tree),
    standInValues({ empty: [], unknown: repair.forced }, on),
  ].map((text, index) => ({ path: `.nines-values-${index}.yaml`, text }));
  for (const { path, text } of layers) files.set(path, text);
  const { name = "", namespace = "" } = identity ?? {};
  const args = [
    ...[
      "template",
      name || (releaseName(chart.name) ?? "release"),
      `./${chart.folder}`,
      "--include-crds",
      "--skip-tests",
    ],
    ...(namespace === "" ? [] : ["--namespace", namespace]),
    ...API_VERSIONS.flatMap((api) => ["--api-versions", api]),
    ...layers.flatMap(({ path }) => ["--values", path]),
  ];
  return inScratch(files, (scratch) => runTool("helm", args, scratch)).catch(unwritable);
}

/** Plain files as they are, for Helm reads YAML in its own way; the rest as it was read here. */
function valuesTexts({ chart, files, order }: Release, side: Side, tree: Tree): string[] {
  const own = { path: join(chart.folder, "values.yaml") };
  const written = [own, ...files].flatMap((file) => {
    const text = tree.files.get(file.path)?.text;
    if (text === undefined || !file.path.endsWith(".gotmpl")) return text ?? [];
    const [layer] = layersOf({ chart, files: [file] }, side, tree).slice(-1);
    return JSON.stringify(layer?.values ?? {});
  });
  return [...written, ...(order ? orderedValues(order) : []).map(({ values }) => JSON.stringify(values))];
}

function manifestsOf(output: string, release: Release, tree: Tree, side: Side): Manifest[] {
  const index = templateIndex(release, tree, side);
  return output.split(/^---$/m).flatMap((piece) => {
    const source = /^# Source: [^/\n]+\/(.+)$/m.exec(piece)?.[1];
    return readYaml(piece).documents.flatMap(({ value, repeats }) => {
      if (!isObject(value) || !isObject(value["metadata"]) || typeof value["kind"] !== "string") return [];
      // Where the key stands first can only be told in what was rendered, which nobody sees.
      const repeated = repeats?.().map((repeat) => ({ ...repeat, first: -1 }));
      return [
        renderedBy(value, source, { index, side, release, tree, ...(repeated && { repeats: repeated }) }),
      ];
    });
  });
}

interface Context {
  readonly index: TemplateIndex;
  readonly side: Side;
  readonly release: Release;
  readonly tree: Tree;
  readonly repeats?: readonly Repeat[];
}

function renderedBy(
  value: Parameters<typeof describe>[0],
  source: string | undefined,
  context: Context,
): Manifest {
  const { index, side, release, tree, repeats } = context;
  const path = source === undefined ? join(release.chart.folder, "Chart.yaml") : index.pathOf(source);
  const locate = (field: FieldPath): Location => index.locate(path, value, field) ?? firstLine(path, side);
  // What is rendered has no text of its own to edit; the template's text tells where its fixed parts stand.
  return describe(value, {
    path,
    source: tree.files.get(path)?.text ?? "",
    locate,
    span: () => undefined,
    ...(repeats && { repeats }),
  });
}
