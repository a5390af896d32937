import type { Json, Problem, UnreadValue } from "../../engine/types.ts";
import { isObject } from "../../engine/json.ts";
import { scalarText } from "../../engine/words.ts";
import { defineCheck, severities } from "../define.ts";

const CHART = "apiVersion: v2\nname: radio\nversion: 1.0.0\n";

const TEMPLATE = `apiVersion: apps/v1
kind: Deployment
metadata: { name: radio }
spec:
  replicas: {{ .Values.replicaCount }}
  selector: { matchLabels: { app: radio } }
  template:
    metadata: { labels: { app: radio } }
    spec:
      terminationGracePeriodSeconds: {{ .Values.shutdown.graceSeconds }}
      containers:
        - name: radio
          image: "radio:{{ .Values.tag }}"
          resources: {{ toYaml .Values.resources | nindent 12 }}
`;

const DEFAULTS = `replicaCount: 2
tag: "4.1"
shutdown:
  graceSeconds: 30
resources: {}
`;

const radio = (production: string, template = TEMPLATE) => ({
  "charts/radio/Chart.yaml": CHART,
  "charts/radio/templates/deployment.yaml": template,
  "charts/radio/values.yaml": DEFAULTS,
  "charts/radio/values-production.yaml": production,
});

const MARK = " # <- finding";

export default defineCheck({
  kind: "state",
  id: "values-key-unread",
  title: "A value is written under a key that its chart does not read",
  pillar: "transition",
  severity: severities("warning", "warning", "notice"),
  confidence: "likely",
  why: "Helm takes values that no template reads without a word. The number of pods, the grace period or the image that the file seems to set is then the chart's default, and nobody sees it until the default is too little.",
  fix: "Write the key as the chart's templates read it.",
  references: ["https://helm.sh/docs/chart_template_guide/values_files/"],
  unsafe: [
    {
      title: "the number of pods gets another key",
      before: radio("replicaCount: 6\n"),
      after: radio(`replicas: 6${MARK}\n`),
    },
    {
      title: "a letter is missing",
      before: radio('tag: "4.2"\n'),
      after: radio(`tag: "4.2"\nreplicaCont: 6${MARK}\n`),
    },
    {
      title: "a key is written in another case, deeper down",
      before: radio("replicaCount: 6\n"),
      after: radio(`replicaCount: 6\nshutdown:\n  gracesSeconds: 90${MARK}\n`),
    },
    {
      title: "the chart reads another key from now on, and production keeps the old one",
      before: radio("replicaCount: 6\n"),
      after: {
        ...radio(`replicaCount: 6${MARK}\n`, TEMPLATE.replace(".Values.replicaCount", ".Values.pods")),
        "charts/radio/values.yaml": DEFAULTS.replace("replicaCount", "pods"),
      },
    },
  ],
  safe: [
    {
      title: "the key that templates read",
      before: radio("replicaCount: 6\n"),
      after: radio("replicaCount: 8\n"),
    },
    {
      title: "chart and values get the new key together",
      before: radio("replicaCount: 6\n"),
      after: radio("replicas: 6\n", TEMPLATE.replace(".Values.replicaCount", ".Values.replicas")),
    },
    {
      title: "a template takes all below the key",
      before: radio('tag: "4.2"\n'),
      after: radio('tag: "4.2"\nresources:\n  request: { cpu: 1 }\n'),
    },
    {
      title: "nothing like it is read",
      before: radio('tag: "4.2"\n'),
      after: radio('tag: "4.2"\nowner: music\n'),
    },
    {
      title: "a template takes all values at once",
      before: radio("replicaCount: 6\n", `${TEMPLATE}# {{ toYaml .Values | quote }}\n`),
      after: radio("replicas: 6\n", `${TEMPLATE}# {{ toYaml .Values | quote }}\n`),
    },
    {
      title: "the chart no longer needs the key",
      before: radio("replicaCount: 6\n"),
      after: {
        ...radio("replicaCount: 6\n", TEMPLATE.replace("{{ .Values.replicaCount }}", "3")),
        "charts/radio/values.yaml": DEFAULTS.replace("replicaCount: 2\n", ""),
      },
    },
    {
      title: "it was there before",
      before: radio("replicaCont: 6\n"),
      after: radio('replicaCont: 6\ntag: "4.2"\n'),
    },
  ],

  *run(world) {
    for (const unread of world.unread) yield problem(unread);
  },
});

function problem({ path, meant, value, now, at, chart, ...subject }: UnreadValue): Problem {
  const key = path.join(".");
  const read = [...path.slice(0, -1), meant].join(".");
  return {
    subject,
    key,
    at,
    message: `${key} is ${shown(value)}, and nothing in ${chart} reads it: its templates read ${read}, which is ${now === undefined ? "not set" : shown(now)}. That is what is deployed.`,
    fix: `Write ${read} instead of ${key}.`,
  };
}

function shown(value: Json): string {
  if (Array.isArray(value)) return "a list";
  return isObject(value) ? "a map" : scalarText(value);
}
