import { setScalar } from "../../engine/edit.ts";
import { compareVersions, imageName, isStore, versionOf, type ImageName } from "../../engine/image.ts";
import { list, object, string } from "../../engine/json.ts";
import { isUnknown } from "../../engine/template.ts";
import type { Problem } from "../../engine/types.ts";
import { locateIn, podField, type Container, type Workload } from "../../engine/workload.ts";
import { defineCheck, severities } from "../define.ts";
import { changedWorkloads, containerPairs, type ContainerPair } from "../../engine/workload-pairs.ts";

const store = (
  image: string,
  volume = "persistentVolumeClaim: { claimName: orders-db }",
) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: orders-db, namespace: shop }
spec:
  strategy: { type: Recreate }
  selector: { matchLabels: { app: orders-db } }
  template:
    metadata: { labels: { app: orders-db } }
    spec:
      containers:
        - name: db
          image: ${image}
          volumeMounts: [{ name: data, mountPath: /data }]
      volumes: [{ name: data, ${volume} }]
`;

const MARK = " # <- finding";

export default defineCheck({
  kind: "transition",
  id: "image-downgrade",
  title: "A data store goes back to an older version on the same volume",
  pillar: "transition",
  severity: severities("warning", "warning", "warning"),
  confidence: "likely",
  why: "The newer version has already written its own format into the volume. Most stores refuse to start on data of a newer version, and some damage it: the store stays down until its data is restored from a backup.",
  fix: "Stay on the newer version, or restore a backup that the older one made into a new volume and switch over.",
  references: [
    "https://www.postgresql.org/docs/current/upgrading.html",
    "https://dev.mysql.com/doc/refman/8.4/en/downgrading.html",
    "https://www.mongodb.com/docs/manual/release-notes/8.0-downgrade/",
  ],
  unsafe: [
    {
      title: "Postgres goes back a major version",
      before: store("postgres:17.2"),
      after: store(`postgres:16.6${MARK}`),
    },
    {
      title: "MySQL goes back",
      before: store("registry.example.com:5000/mysql:8.4.3"),
      after: store(`registry.example.com:5000/mysql:8.0.40-debian${MARK}`),
    },
    {
      title: "a search index goes back a minor version",
      before: store("elastic/elasticsearch:8.17.0"),
      after: store(`elastic/elasticsearch:8.15.3${MARK}`),
    },
  ],
  safe: [
    { title: "a newer version", before: store("postgres:16.6"), after: store("postgres:17.2") },
    {
      title: "an older patch of the same version",
      before: store("postgres:17.2"),
      after: store("postgres:17.1"),
    },
    {
      title: "it keeps nothing",
      before: store("redis:7.4", "emptyDir: {}"),
      after: store("redis:7.2", "emptyDir: {}"),
    },
    {
      title: "an application goes back",
      before: store("ghcr.io/shop/orders:2.4.0"),
      after: store("ghcr.io/shop/orders:2.3.0"),
    },
    {
      title: "another image, with its own numbers",
      before: store("postgres:17.2"),
      after: store("timescale/timescaledb:2.17.2-pg17"),
    },
  ],

  *run(transition) {
    for (const pair of changedWorkloads(transition).flatMap(containerPairs)) {
      if (keepsData(pair.workload, pair.container)) yield* downgrade(pair);
    }
  },
});

function keepsData(workload: Workload, { spec }: Container): boolean {
  const claims = new Set([
    ...list(podField(workload, "volumes")).flatMap((item) => {
      const volume = object(item);
      return volume["persistentVolumeClaim"] !== undefined || volume["hostPath"] !== undefined
        ? [volume["name"]]
        : [];
    }),
    ...list(workload.manifest.get("spec", "volumeClaimTemplates")).map(
      (item) => object(object(item)["metadata"])["name"],
    ),
  ]);
  return list(spec["volumeMounts"]).some((mount) => claims.has(object(mount)["name"]));
}

function* downgrade({ workload, container, previous }: ContainerPair): Iterable<Problem> {
  const [now, old] = [string(container.spec["image"]) ?? "", string(previous.spec["image"]) ?? ""];
  if (isUnknown(now) || isUnknown(old)) return;
  const [is, was] = [imageName(now), imageName(old)];
  if (is.repository !== was.repository || !isStore(is) || !isOlder(is, was)) return;
  const suggestion = setScalar(workload.manifest, [...container.path, "image"], old);
  const [to, from] = [is.tag ?? "", was.tag ?? ""];
  yield {
    subject: workload.manifest,
    key: container.name,
    at: locateIn(workload, container, "image"),
    message: `Container ${container.name} of ${workload.manifest.ref} goes from ${is.name} ${from} back to ${to}, on a volume that the newer version has written: it can refuse to start, and then nobody can reach its data.`,
    fix: `Stay on ${from}, or restore a backup that ${to} can read into a new volume, and switch over.`,
    ...(suggestion && { suggestion }),
  };
}

/** Patch releases do not change what is on disk; Postgres has only a major and a patch number since version 10. */
function isOlder(is: ImageName, was: ImageName): boolean {
  const [now, old] = [versionOf(is.tag), versionOf(was.tag)];
  if (!now || !old) return false;
  const parts = /postg|spilo|pgvector/.test(is.name) && (old[0] ?? 0) >= 10 ? 1 : 2;
  return compareVersions(now.slice(0, parts), old.slice(0, parts)) < 0;
}
