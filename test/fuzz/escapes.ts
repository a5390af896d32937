import type { Random } from "../judgement/random.ts";
import type { Files } from "./seeds.ts";

/**
 * One more line that asks for a file outside the repository, wherever a chart or a kustomization can ask for one.
 * @param target an absolute path that must not be read
 */
export function escaping(
  files: Files,
  random: Random,
  target: string,
): { readonly files: Files; readonly how: string } {
  const up = `${"../".repeat(12)}${target.slice(1)}`;
  const way = random.pick([target, up, `./${up}`, `file://${target}`]);
  const charts = Object.keys(files).filter((path) => path.endsWith("Chart.yaml"));
  const path = random.pick(
    charts.length > 0 ? charts : Object.keys(files).filter((one) => one.endsWith("kustomization.yaml")),
  );
  const folder = path.slice(0, path.lastIndexOf("/") + 1);
  const [how, more] = random.pick(
    charts.length > 0 ? inCharts(way, folder, files) : inKustomizations(way, path, files),
  );
  return { files: { ...files, ...more }, how: `${how}: ${way}` };
}

type Ask = readonly [how: string, files: Files];

function inCharts(way: string, folder: string, files: Files): Ask[] {
  const chart = files[`${folder}Chart.yaml`] ?? "";
  const template = (body: string): Files => ({
    [`${folder}templates/more.yaml`]: `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: more }\ndata:\n  x: ${body}\n`,
  });
  return [
    ["a template reads a file", template(`{{ .Files.Get ${JSON.stringify(way)} | quote }}`)],
    [
      "a template reads many files",
      template(`{{ (.Files.Glob ${JSON.stringify(`${way}*`)}).AsConfig | quote }}`),
    ],
    [
      "a dependency outside",
      {
        [`${folder}Chart.yaml`]: `${chart}\ndependencies: [{ name: d, version: 1.0.0, repository: ${JSON.stringify(way)} }]\n`,
      },
    ],
    ["a values file outside", { [`${folder}${way}`]: "replicaCount: 1\n" }],
  ];
}

function inKustomizations(way: string, path: string, files: Files): Ask[] {
  const with_ = (lines: string): Files => ({ [path]: `${files[path] ?? ""}\n${lines}\n` });
  const quoted = JSON.stringify(way);
  return [
    ["a resource outside", with_(`components: [${quoted}]`)],
    ["a generator's file outside", with_(`configMapGenerator: [{ name: more, files: [${quoted}] }]`)],
    ["a generator's variables outside", with_(`secretGenerator: [{ name: more, envs: [${quoted}] }]`)],
    ["a transformer outside", with_(`transformers: [${quoted}]`)],
    ["a schema outside", with_(`openapi: { path: ${quoted} }`)],
    ["a replacement outside", with_(`replacements: [{ path: ${quoted} }]`)],
    ["a chart outside", with_(`helmGlobals: { chartHome: ${quoted} }\nhelmCharts: [{ name: c }]`)],
  ];
}
