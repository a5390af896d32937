import { isObject } from "../engine/json.ts";
import { describe } from "../engine/manifest.ts";
import type { FieldPath, Location, Manifest, Note, Side, Tree } from "../engine/types.ts";
import { readYaml } from "../engine/yaml.ts";
import { chartFiles, join, type Chart } from "./chart.ts";
import type { Built } from "./kustomize.ts";
import { firstLine } from "./origin.ts";
import { folderOf } from "./paths.ts";
import { runTool } from "./process.ts";
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

/** Renders a chart with `helm template`. What cannot be rendered is a note that says how to make it renderable. */
export async function renderRelease(release: Release, tree: Tree, side: Side): Promise<Built> {
  const { chart, values } = release;
  const files = chartFiles(chart, tree);
  if (values !== undefined) files.set(values, tree.files.get(values)?.text ?? "");
  const args = [
    "template",
    chart.name,
    chart.folder,
    "--include-crds",
    "--skip-tests",
    ...API_VERSIONS.flatMap((api) => ["--api-versions", api]),
  ];
  if (values !== undefined) args.push("--values", values);
  const outcome = await inScratch(files, (scratch) => runTool("helm", args, scratch));
  if (!outcome.ok) {
    const reason = outcome.missing ? "helm is not in PATH. Install it beside nines" : outcome.reason;
    return { ok: false, manifests: [], notes: [notRendered(release, reason)] };
  }
  return {
    ok: true,
    manifests: manifestsOf(outcome.output, release, tree, side),
    notes: dependencyNotes(chart),
  };
}

function notRendered(release: Release, reason: string): Note {
  const place = release.values ?? join(release.chart.folder, "Chart.yaml");
  const missing = release.chart.missing.length === 0 ? "" : ` ${vendor(release.chart)}`;
  return {
    path: place,
    message: `The chart ${releaseId(release)} could not be rendered and was not judged: ${reason}.${missing}`,
  };
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
      return [renderedBy(value, source, { index, side, release })];
    });
  });
}

interface Context {
  readonly index: TemplateIndex;
  readonly side: Side;
  readonly release: Release;
}

function renderedBy(
  value: Parameters<typeof describe>[0],
  source: string | undefined,
  context: Context,
): Manifest {
  const { index, side, release } = context;
  const path = source === undefined ? join(release.chart.folder, "Chart.yaml") : index.pathOf(source);
  const locate = (field: FieldPath): Location => index.locate(path, value, field) ?? firstLine(path, side);
  return describe(value, { path, source: "", locate, span: () => undefined });
}
