import { list, object, string } from "../../engine/json.ts";
import { referencesOf } from "../../engine/references.ts";
import type { Change } from "../../engine/pair.ts";
import type { Json, Manifest, Problem } from "../../engine/types.ts";
import { listText } from "../../engine/words.ts";
import { keptWorkloads, type WorkloadPair } from "../../engine/workload-pairs.ts";
import { podField, type Workload } from "../../engine/workload.ts";
import { defineCheck, severities } from "../define.ts";

const quotes = (annotation = "", pod = "") => `apiVersion: apps/v1
kind: Deployment
metadata: { name: quotes, namespace: shop${annotation} }
spec:
  selector: { matchLabels: { app: quotes } }
  template:
    metadata: { labels: { app: quotes } }
    spec:
      containers:
        - name: web
          image: quotes:8
          ${pod || "envFrom: [{ configMapRef: { name: quotes } }]"}
---
`;

const settings = (limit: string, mark = "") => `apiVersion: v1
kind: ConfigMap
metadata: { name: quotes, namespace: shop }
data:
  LIMIT: "${limit}"${mark}
  REGION: eu
---
`;

const one = (key: string) =>
  `env: [{ name: X, valueFrom: { configMapKeyRef: { name: quotes, key: ${key} } } }]`;
const MOUNTED = `volumeMounts: [{ name: conf, mountPath: /etc/limit, subPath: LIMIT }]
      volumes: [{ name: conf, configMap: { name: quotes } }]`;
const MARK = " # <- finding";

export default defineCheck({
  kind: "transition",
  id: "config-change-no-rollout",
  title: "A setting changes, and the pods that run keep the old one",
  pillar: "transition",
  severity: severities("notice", "notice", "notice"),
  confidence: "certain",
  why: "Variables, and files that are mounted with subPath, are read when a container starts. The deploy looks done and changes nothing; the next pod that crashes or is drained starts with the new value, beside others with the old one, at a moment that nobody chose.",
  fix: "Let the pod template change with the setting: a hash of it in an annotation, a configMapGenerator, or kubectl rollout restart after the deploy.",
  references: [
    "https://kubernetes.io/docs/concepts/configuration/configmap/#mounted-configmaps-are-updated-automatically",
  ],
  unsafe: [
    {
      title: "a value changes that containers read as a variable",
      before: quotes() + settings("10"),
      after: quotes() + settings("20", MARK),
    },
    {
      title: "the container asks for just that key",
      before: quotes("", one("LIMIT")) + settings("10"),
      after: quotes("", one("LIMIT")) + settings("20", MARK),
    },
    {
      title: "the file is mounted with subPath",
      before: quotes("", MOUNTED) + settings("10"),
      after: quotes("", MOUNTED) + settings("20", MARK),
    },
  ],
  safe: [
    {
      title: "the pods are rolled out in the same change",
      before: quotes() + settings("10"),
      after: quotes().replace("quotes:8", "quotes:9") + settings("20"),
    },
    {
      title: "a controller restarts them",
      before: quotes(', annotations: { reloader.stakater.com/auto: "true" }') + settings("10"),
      after: quotes(', annotations: { reloader.stakater.com/auto: "true" }') + settings("20"),
    },
    {
      title: "the container asks for another key",
      before: quotes("", one("REGION")) + settings("10"),
      after: quotes("", one("REGION")) + settings("20"),
    },
    {
      title: "the whole volume is mounted, and follows by itself",
      before: quotes("", MOUNTED.replace(", subPath: LIMIT", "")) + settings("10"),
      after: quotes("", MOUNTED.replace(", subPath: LIMIT", "")) + settings("20"),
    },
  ],

  *run(transition) {
    const changed = new Map(
      transition.changes.flatMap((change) => {
        const keys = changedKeys(change);
        return keys.length === 0
          ? []
          : [[`${change.after?.kind ?? ""}/${change.after?.name ?? ""}`, { change, keys }] as const];
      }),
    );
    if (changed.size === 0) return;
    for (const pair of keptWorkloads(transition)) {
      if (isRolledOut(pair)) continue;
      for (const [name, { change, keys }] of changed) {
        const read = keys.filter((key) => reads(pair.is, name, key.name));
        if (change.after && read.length > 0) yield problem(pair.is, change.after, read);
      }
    }
  },
});

interface Key {
  readonly field: string;
  readonly name: string;
}

/** Entries that are there before and after, with another value. */
function changedKeys({ kind, before, after }: Change): Key[] {
  if (kind !== "kept" || !["ConfigMap", "Secret"].includes(after.kind) || after.group !== "") return [];
  return ["data", "stringData"].flatMap((field) =>
    Object.entries(object(after.get(field))).flatMap(([name, value]) => {
      const old: Json | undefined = before.get(field, name);
      return old === undefined || old === value ? [] : [{ field, name }];
    }),
  );
}

/** Kept up with by a controller: Stakater's Reloader, Pusher's Wave, and others that say so. */
const RELOADS = /reload|update-on-config-change|restart-on|checksum/i;

function isRolledOut({ was, is }: WorkloadPair): boolean {
  const template = ({ manifest, template: path }: Workload) => JSON.stringify(manifest.get(...path) ?? null);
  const { annotations } = is.manifest;
  const inner = object(is.manifest.get(...is.template, "metadata", "annotations"));
  return (
    template(was) !== template(is) ||
    [...Object.keys(annotations), ...Object.keys(inner)].some((key) => RELOADS.test(key))
  );
}

/** As a variable, or as a file that is mounted by itself. */
function reads(workload: Workload, name: string, key: string): boolean {
  const own = referencesOf(workload).filter((one) => `${one.kind}/${one.name}` === name);
  if (own.some((one) => one.use === "env" && (one.key === undefined || one.key === key))) return true;
  const volumes = new Set(
    list(podField(workload, "volumes"))
      .map(object)
      .flatMap((volume) => {
        const map = string(object(volume["configMap"])["name"]);
        const secret = string(object(volume["secret"])["secretName"]);
        return name === `ConfigMap/${map ?? ""}` || name === `Secret/${secret ?? ""}` ? [volume["name"]] : [];
      }),
  );
  return workload.containers.some(({ spec }) =>
    list(spec["volumeMounts"])
      .map(object)
      .some((mount) => mount["subPath"] === key && volumes.has(mount["name"])),
  );
}

function problem({ manifest }: Workload, config: Manifest, keys: readonly Key[]): Problem {
  const [first] = keys;
  const names = listText(keys.map(({ name }) => name));
  return {
    subject: manifest,
    key: `${config.kind}/${config.name}`,
    at: first ? config.locate(first.field, first.name) : config.locate(),
    message: `${names} of ${config.ref} ${keys.length === 1 ? "changes" : "change"}, and nothing rolls out ${manifest.ref}, which reads it when it starts: its pods keep the old value until each of them happens to be replaced.`,
    fix: `Run kubectl rollout restart ${manifest.kind.toLowerCase()}/${manifest.name}${manifest.namespace === "" ? "" : ` -n ${manifest.namespace}`} after the deploy, or put a hash of ${config.name} into an annotation of its pod template.`,
  };
}
