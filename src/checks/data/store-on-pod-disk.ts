import { imageName, isStore } from "../../engine/image.ts";
import { list, object, string } from "../../engine/json.ts";
import type { Location, Problem, Severity } from "../../engine/types.ts";
import { locateIn, podField, type Container, type Workload } from "../../engine/workload.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities } from "../define.ts";
import { onPodDisks } from "./_ephemeral-systems.ts";

const database = (volumes: string, image = "postgres:17", more = "") => `apiVersion: apps/v1
kind: Deployment
metadata: { name: ledger-db, namespace: bank }
spec:
  selector: { matchLabels: { app: ledger-db } }
  template:
    metadata: { labels: { app: ledger-db } }
    spec:
      containers:
        - name: db
          image: ${image}${more}
          volumeMounts: [{ name: data, mountPath: /var/lib/postgresql/data }]
      volumes:
        - name: data
          ${volumes}
---
`;

const SERVICE = `apiVersion: v1
kind: Service
metadata: { name: ledger-db, namespace: bank }
spec: { selector: { app: ledger-db }, ports: [{ port: 5432 }] }
`;

const MARK = " # <- finding";
const CLAIM = "persistentVolumeClaim: { claimName: ledger }";
const without = (text: string) => text.replace(/ {10}volumeMounts.*\n {6}volumes:\n.*\n.*\n/, "");

const kafka = (storage: string) => `apiVersion: kafka.strimzi.io/v1beta2
kind: Kafka
metadata: { name: events, namespace: bank }
spec:
  kafka:
    replicas: 3
    storage:
      ${storage}
`;

export default defineCheck({
  kind: "state",
  id: "store-on-pod-disk",
  title: "A database keeps its data on the disk of its pod",
  pillar: "data",
  severity: severities("warning", "warning", "notice"),
  confidence: "likely",
  why: "What a container writes beside its volumes, or into an emptyDir, is deleted with the pod. At the next rollout, node drain or eviction the database starts empty, and what users stored is gone.",
  fix: "Put the data directory on a PersistentVolumeClaim, best with a StatefulSet and volumeClaimTemplates.",
  references: [
    "https://kubernetes.io/docs/concepts/storage/volumes/#emptydir",
    "https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#stable-storage",
  ],
  unsafe: [
    {
      title: "a new database writes into an emptyDir",
      after: database(`emptyDir: {}${MARK}`) + SERVICE,
    },
    {
      title: "it has no volume at all",
      after: without(database("", `postgres:17${MARK}`)) + SERVICE,
    },
    {
      title: "an application is replaced by a database without a volume",
      before: database("emptyDir: {}", "ledger-api:4") + SERVICE,
      after: database(`emptyDir: {}${MARK}`, "mysql:9") + SERVICE,
    },
    {
      title: "an operator's store moves to the disks of its pods",
      before: kafka("type: persistent-claim\n      size: 100Gi"),
      after: kafka(`type: ephemeral${MARK}`),
    },
  ],
  safe: [
    { title: "an operator's store is on claims", after: kafka("type: persistent-claim\n      size: 100Gi") },
    { title: "its data is on a claim", after: database(CLAIM) + SERVICE },
    { title: "no Service sends to it", after: database("emptyDir: {}") },
    { title: "a cache may start empty", after: database("emptyDir: {}", "redis:8") + SERVICE },
    {
      title: "it runs the image's client, not the database",
      after: database("emptyDir: {}", "postgres:17", "\n          command: [sh, -c, psql]") + SERVICE,
    },
    {
      title: "it was so before",
      before: database("emptyDir: {}") + SERVICE,
      after: database("emptyDir: {}", "postgres:18") + SERVICE,
    },
  ],

  *run(world) {
    for (const manifest of world.manifests) {
      for (const { path, what } of onPodDisks(manifest)) {
        yield {
          subject: manifest,
          key: path.join("."),
          at: manifest.locate(...path),
          atMost: weightOf(world),
          message: `${manifest.ref} keeps the data of ${what} on the disks of its pods: a member that restarts starts empty, and where as many restart at once as there are copies, what users stored is gone.`,
          fix: `Give ${what} claims in ${manifest.ref}. If its data may be lost, waive store-on-pod-disk for "${manifest.ref}" in .github/nines.yml.`,
        };
      }
    }
    for (const workload of world.workloads) {
      const service = workload.runsToCompletion ? undefined : world.servicesOf(workload)[0];
      if (!service || list(workload.manifest.get("spec", "volumeClaimTemplates")).length > 0) continue;
      for (const container of workload.containers) {
        const place = placeOf(workload, container);
        if (place) yield problem(workload, { container, place, atMost: weightOf(world) });
      }
    }
  },
});

/** Fewer people are hurt by what is lost before production. */
const weightOf = ({ environment }: World): Severity =>
  environment === "staging" || environment === "development" ? "notice" : "warning";

/** Stores that people run as a cache, or that fill themselves again. */
const REFILLED =
  /(redis|valkey|keydb|nats|prometheus|victoria-metrics|vmstorage|loki|vault|consul|gitea|gitlab|nextcloud)/;

/** Where the disk of the pod is chosen for a store's data; undefined where it is no store, or its data is elsewhere. */
function placeOf(workload: Workload, container: Container): Location | undefined {
  const { spec, role } = container;
  const image = string(spec["image"]);
  if (role !== "app" || image === undefined || spec["command"] !== undefined) return undefined;
  if (!isStore(imageName(image)) || REFILLED.test(imageName(image).name)) return undefined;
  const volumes = list(podField(workload, "volumes")).map(object);
  const mounted = list(spec["volumeMounts"]).map((mount) =>
    volumes.findIndex((volume) => volume["name"] === object(mount)["name"]),
  );
  const onPod = mounted.filter((index) => volumes[index]?.["emptyDir"] !== undefined);
  const elsewhere = mounted.some((index) => !CONFIGURES.some((kind) => volumes[index]?.[kind] !== undefined));
  if (elsewhere) return undefined;
  const [first] = onPod;
  return first === undefined
    ? locateIn(workload, container, "image")
    : workload.manifest.locate(...workload.template, "spec", "volumes", first, "emptyDir");
}

/** Volumes that hold no data of the store's own for longer than the pod. */
const CONFIGURES = ["emptyDir", "configMap", "secret", "projected", "downwardAPI", "image"];

interface Found {
  readonly container: Container;
  readonly place: Location;
  readonly atMost: Severity;
}

function problem({ manifest }: Workload, { container, place, atMost }: Found): Problem {
  const image = string(container.spec["image"]) ?? "";
  return {
    subject: manifest,
    key: container.name,
    at: place,
    atMost,
    message: `${manifest.ref} runs ${imageName(image).name} in container ${container.name} without a volume that outlives the pod: at the next rollout, drain or eviction it starts empty, and what users stored is gone.`,
    fix: `Mount a PersistentVolumeClaim at the data directory of ${container.name}. If its data may be lost, waive store-on-pod-disk for "${manifest.ref}" in .github/nines.yml.`,
  };
}
