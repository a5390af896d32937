import { isObject } from "../../engine/json.ts";
import { hasActions } from "../../engine/template.ts";
import type { Manifest, Problem, Repeat } from "../../engine/types.ts";
import { lineAt } from "../../engine/yaml.ts";
import { defineCheck, severities } from "../define.ts";

const gallery = (container: string) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: gallery }
spec:
  replicas: 3
  selector: { matchLabels: { app: gallery } }
  template:
    metadata: { labels: { app: gallery } }
    spec:
      containers:
        - name: web
          image: gallery:4
${container}`;

const PROBE = "          readinessProbe: { httpGet: { path: /ready, port: 8080 } }\n";
const REQUESTS = "          resources: { requests: { memory: 256Mi } }\n";
const LIMITS = "          resources: { limits: { memory: 512Mi } }";
const MARK = " # <- finding\n";

const chart = (values: string) => ({
  "gallery/Chart.yaml": "apiVersion: v2\nname: gallery\nversion: 1.0.0\n",
  "gallery/templates/settings.yaml": `apiVersion: v1
kind: ConfigMap
metadata: { name: gallery }
data: { tag: "{{ .Values.image.tag }}" }
`,
  "gallery/values.yaml": values,
});

const settings = (more: string) => `apiVersion: v1
kind: ConfigMap
metadata: { name: gallery }
data:
  host: gallery.example.com
${more}`;

export default defineCheck({
  kind: "state",
  id: "repeated-key",
  title: "A key is written twice, and what the first one says is lost",
  pillar: "transition",
  severity: severities("warning", "warning", "notice"),
  confidence: "certain",
  why: "YAML knows no key twice in one mapping, and the tools do not agree about it. kubectl, Helm and Argo CD take the last one and drop the first without a word: a probe, a limit or a label is not in force though it stands in the file. kustomize, and with it Flux, refuse the file, so that nothing of it is deployed.",
  fix: "Write the key once, with all that it shall hold.",
  references: ["https://yaml.org/spec/1.2.2/#3213-node-comparison"],
  unsafe: [
    {
      title: "limits are added beside the requests that are there",
      before: gallery(REQUESTS),
      after: gallery(REQUESTS + LIMITS + MARK),
    },
    {
      title: "a merge brings the probe in a second time, without its path",
      before: gallery(PROBE),
      after: gallery(`${PROBE}          readinessProbe: { tcpSocket: { port: 8080 } }${MARK}`),
    },
    {
      title: "a block of a chart's values is pasted in a second time",
      before: chart('image:\n  tag: "4.1"\n  pullPolicy: Always\n'),
      after: chart(`image:\n  tag: "4.1"\n  pullPolicy: Always\nreplicas: 3\nimage:${MARK}  tag: "4.2"\n`),
    },
    {
      title: "a setting gets a second value",
      before: settings("  port: '80'\n"),
      after: settings(`  port: '80'\n  host: pictures.example.com${MARK}`),
    },
  ],
  safe: [
    {
      title: "a chart's values have the same twice",
      before: chart('image:\n  tag: "4.1"\n'),
      after: chart('image:\n  tag: "4.1"\nimage:\n  tag: "4.1"\n'),
    },
    { title: "the key is written once", before: gallery(REQUESTS), after: gallery(REQUESTS + PROBE) },
    {
      title: "the same key in two containers",
      before: gallery(REQUESTS),
      after: gallery(`${REQUESTS}        - name: proxy\n          image: proxy:1\n${REQUESTS}`),
    },
    {
      title: "it stood there twice before",
      before: gallery(REQUESTS + LIMITS),
      after: gallery(REQUESTS + LIMITS).replace("gallery:4", "gallery:5"),
    },
  ],

  *run(world) {
    for (const { path, at, first, same, ...subject } of world.repeats) {
      if (same) continue;
      const key = path.join(".");
      yield {
        subject,
        key,
        at,
        message: `${subject.ref} has ${key} twice, first on line ${first}. Helm takes the last one without a word, and merges nothing: what stands there first is not in force.`,
        fix: `Write ${String(path.at(-1))} once, with what both say.`,
      };
    }
    for (const manifest of world.manifests) {
      // Conditions of a template are all taken as true, so that branches which exclude each other stand beside each other.
      if (manifest.repeats.length === 0 || (hasActions(manifest.source) && isWritten(manifest))) continue;
      // Helm does not mind, and nothing is lost.
      const telling = manifest.repeats.filter(({ first, same }) => first >= 0 || !same);
      for (const repeat of telling) yield problem(manifest, repeat);
    }
  },
});

/** Whether the object was read as it is written, and not rendered first. */
const isWritten = ({ repeats }: Manifest) => repeats.some(({ first }) => first >= 0);

function problem(manifest: Manifest, { path, first, same }: Repeat): Problem {
  const key = path.join(".");
  const name = String(path.at(-1));
  const lost = same
    ? "one of them, which is the same as the other,"
    : isObject(manifest.get(...path))
      ? "everything below the first one"
      : "the first value";
  const message =
    first < 0
      ? `The chart renders ${manifest.ref} with ${key} twice, from its template and its values. Helm drops ${lost} without a word.`
      : `${manifest.ref} has ${key} twice, first on line ${lineAt(manifest.source, first)}. kubectl and Argo CD drop ${lost} without a word; kustomize and Flux refuse the file, and nothing of it is deployed.`;
  return {
    subject: manifest,
    key,
    at: manifest.locate(...path),
    ...(same && { atMost: "notice" as const }),
    message,
    fix: `Write ${name} once, with what both say.`,
  };
}
