import { setLabels } from "../../engine/edit.ts";
import { string, strings } from "../../engine/json.ts";
import { isUnknown } from "../../engine/template.ts";
import type { Manifest, Problem } from "../../engine/types.ts";
import type { Workload } from "../../engine/workload.ts";
import { defineCheck, severities } from "../define.ts";

const deployment = (
  name: string,
  labels: string[],
  image = "registry.example.com/mail:3.4.1",
) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name} }
spec:
  selector:
    matchLabels:
${labels.map((label) => `      ${label}`).join("\n")}
  template:
    metadata:
      labels:
${labels.map((label) => `        ${label.replace(/ *#.*/, "")}`).join("\n")}
    spec:
      containers: [{ name: mail, image: "${image}" }]
`;

const MARK = " # <- finding";

export default defineCheck({
  kind: "state",
  id: "volatile-selector-label",
  title: "A selector holds a label that changes with every release",
  pillar: "transition",
  severity: severities("warning", "warning", "notice"),
  confidence: "likely",
  why: "Kubernetes refuses to change the selector of a workload. With a version, a chart or an image tag in it, the next release cannot be applied: the workload has to be deleted first, and all its pods stop.",
  fix: "Keep only labels in the selector that never change, such as app.kubernetes.io/name and app.kubernetes.io/instance. The version may stay on the pods.",
  references: [
    "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#label-selector-updates",
    "https://helm.sh/docs/chart_best_practices/labels/",
  ],
  unsafe: [
    {
      title: "the version is part of the selector",
      after: deployment("mail", [
        "app.kubernetes.io/name: mail",
        `app.kubernetes.io/version: "3.4.1"${MARK}`,
      ]),
    },
    {
      title: "the chart's version is part of the selector",
      after: deployment("mail", ["app: mail", `helm.sh/chart: mail-1.12.0${MARK}`]),
    },
    {
      title: "a label repeats the tag of the image",
      after: deployment(
        "mail",
        ["app: mail", `release: spring-sale${MARK}`],
        "registry.example.com/mail:spring-sale",
      ),
    },
    {
      title: "a commit is part of the selector",
      after: deployment("mail", ["app: mail", `revision: 8f3c2ab${MARK}`]),
    },
  ],
  safe: [
    {
      title: "the selector holds lasting labels only",
      after: deployment("mail", ["app.kubernetes.io/name: mail", "app.kubernetes.io/instance: shop"]),
    },
    {
      title: "each version is a workload of its own, as in a canary",
      after: deployment("reviews-v2", ["app: reviews", "version: v2"]),
    },
    {
      title: "the label was there before",
      before: deployment("mail", ["app: mail", 'version: "3.4.0"']),
      after: deployment("mail", ["app: mail", 'version: "3.4.1"']),
    },
    {
      title: "only the pods carry the version",
      after: deployment("mail", ["app: mail"]).replace(
        "        app: mail",
        "        app: mail\n        version: 3.4.1",
      ),
    },
  ],

  *run(world) {
    for (const workload of world.workloads) {
      if (KINDS.includes(workload.kind) && workload.manifest.group === "apps")
        yield* volatileLabels(workload);
    }
  },
});

const KINDS: readonly string[] = ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"];

function* volatileLabels(workload: Workload): Iterable<Problem> {
  const { manifest } = workload;
  const path = ["spec", "selector", "matchLabels"];
  const labels = strings(manifest.get(...path));
  for (const [key, value] of Object.entries(labels)) {
    const reason = isUnknown(value) ? undefined : reasonOf(key, value, workload);
    if (reason === undefined) continue;
    const rest = Object.fromEntries(Object.entries(labels).filter(([other]) => other !== key));
    const suggestion = Object.keys(rest).length === 0 ? undefined : setLabels(manifest, path, rest);
    yield {
      subject: manifest,
      key,
      at: manifest.locate(...path, key),
      // An API generation (v1) may stay for years.
      ...(/^v\d+$/.test(value) && { atMost: "notice" }),
      message: `The selector of ${manifest.ref} holds ${key}: ${value}, ${reason}. When it changes, the API server refuses the new version, and the only way out is to delete ${manifest.name} and create it again.`,
      ...(suggestion && { suggestion }),
    };
  }
}

/** Label keys that hold a version by their meaning. */
const VERSIONS: readonly string[] = [
  "app.kubernetes.io/version",
  "version",
  "appVersion",
  "helm.sh/chart",
  "chart",
];

/** Why a label will change; undefined where it has no reason to. */
function reasonOf(key: string, value: string, workload: Workload): string | undefined {
  if (key === "pod-template-hash") return "which Kubernetes generates for every pod template";
  // reviews-v2 with version: v2: the next version is another object.
  if (namesVersion(workload.manifest, value)) return undefined;
  if (VERSIONS.includes(key)) return "which changes with every release";
  if (/^(?=.*\d)(?=.*[a-f])[0-9a-f]{7,40}$/.test(value)) return "which looks like a commit";
  if (/^20\d\d[-._]?[01]\d[-._]?[0-3]\d/.test(value)) return "which looks like a date";
  if (/^v?\d+\.\d+\.\d+/.test(value)) return "which looks like a version";
  return tagsOf(workload).includes(value) ? "which is the tag of its image" : undefined;
}

function namesVersion({ name }: Manifest, value: string): boolean {
  return value !== "" && name.includes(value);
}

/** Tags that name a build: not `latest` and the like, which stay. */
function tagsOf({ containers }: Workload): string[] {
  return containers.flatMap(({ spec }) => {
    const tag = /:(\w[\w.-]*)(@|$)/.exec(string(spec["image"]) ?? "")?.[1];
    return tag === undefined || /^(latest|stable|main|master|prod|production|staging|dev)$/.test(tag)
      ? []
      : [tag];
  });
}
