import type { Tree } from "../engine/types.ts";
import type { Chart } from "./chart.ts";
import { environmentOf } from "./environment.ts";
import { folderOf, isInside } from "./paths.ts";
import { isOtherYaml, NAMED_VALUES } from "./values.ts";

/**
 * Values files that stand away from their chart (`config/production.yaml` beside `charts/shop`): they are known by
 * their keys, which are the chart's. Only keys that not every chart has can tell.
 */
export function linkedValues(charts: readonly ChartKeys[], tree: Tree): Map<Chart, string[]> {
  const links = new Map<Chart, string[]>();
  if (charts.length === 0) return links;
  for (const [path, { text }] of tree.files) {
    if (!isCandidate(path, text) || charts.some(({ chart }) => isInside(path, chart.folder))) continue;
    const keys = topKeys(text);
    const fitting = charts.flatMap((one) => {
      const fit = fitOf(keys, one, path);
      return fit === undefined ? [] : [{ chart: one.chart, fit }];
    });
    const [best, next] = fitting.sort((a, b) => b.fit - a.fit);
    // Two charts that fit alike: nobody can say which one is meant.
    if (best && best.fit !== next?.fit)
      links.set(best.chart, [...(links.get(best.chart) ?? []), path].sort());
  }
  return links;
}

/** A chart with the top keys of its values. */
export interface ChartKeys {
  readonly chart: Chart;
  readonly keys: ReadonlySet<string>;
}

/** Files larger than this hold data, not settings. */
const MOST_CHARACTERS = 300_000;

function isCandidate(path: string, text: string): boolean {
  return (
    /\.ya?ml$/.test(path) &&
    !isOtherYaml(path) &&
    text.length <= MOST_CHARACTERS &&
    (NAMED_VALUES.test(path) || environmentOf(path) !== "unknown") &&
    !/^(apiVersion|kind):/m.test(text)
  );
}

/** The keys at the top of a file of values. */
export function topKeys(text: string): string[] {
  return [...new Set(Array.from(text.matchAll(/^([A-Za-z][\w.-]*)\s*:/gm), (match) => match[1] ?? ""))];
}

/** Keys of the values that `helm create` writes, and others that any chart may have. */
const COMMON = new Set(
  `replicaCount replicas image images imagePullSecrets nameOverride fullnameOverride serviceAccount podAnnotations
  podLabels podSecurityContext securityContext service ingress httpRoute resources livenessProbe readinessProbe
  startupProbe autoscaling volumes volumeMounts nodeSelector tolerations affinity env envFrom extraEnv config
  persistence global name namespace labels annotations secrets enabled command args hpa pdb`.split(/\s+/),
);
/** The share of a file's keys that a chart must know. */
const LEAST_SHARE = 0.6;

/** How well a file's keys fit a chart, and among those that fit alike, how near it stands; undefined if it does not. */
function fitOf(keys: readonly string[], { chart, keys: known }: ChartKeys, path: string): number | undefined {
  const shared = keys.filter((key) => known.has(key));
  if (shared.length < 2 || shared.length < keys.length * LEAST_SHARE) return undefined;
  if (!shared.some((key) => !COMMON.has(key))) return undefined;
  return shared.length / keys.length - distance(folderOf(path), chart.folder) / 1000;
}

/** Steps from one folder to the other through the folder that holds both. */
function distance(from: string, to: string): number {
  const [a, b] = [from, to].map((folder) => (folder === "." ? [] : folder.split("/"))) as [
    string[],
    string[],
  ];
  const common = a.findIndex((step, index) => step !== b[index]);
  const together = common < 0 ? Math.min(a.length, b.length) : common;
  return a.length + b.length - 2 * together;
}
