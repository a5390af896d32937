import { quantityOf } from "../../engine/bytes.ts";
import { setScalar } from "../../engine/edit.ts";
import { string } from "../../engine/json.ts";
import { isUnknown } from "../../engine/template.ts";
import type { FieldPath, Manifest, Problem, Severity } from "../../engine/types.ts";
import { scalarText } from "../../engine/words.ts";
import type { World } from "../../engine/world.ts";
import type { Transition } from "../define.ts";

/** Sizes of volumes in custom resources of operators; none of them can shrink a volume. */
const SIZES: Readonly<Record<string, readonly FieldPath[]>> = {
  "postgresql.cnpg.io/Cluster": [
    ["spec", "storage", "size"],
    ["spec", "walStorage", "size"],
  ],
  "acid.zalan.do/postgresql": [["spec", "volume", "size"]],
  "kafka.strimzi.io/Kafka": [
    ["spec", "kafka", "storage", "size"],
    ["spec", "zookeeper", "storage", "size"],
  ],
  "kafka.strimzi.io/KafkaNodePool": [["spec", "storage", "size"]],
  "rabbitmq.com/RabbitmqCluster": [["spec", "persistence", "storage"]],
  "pxc.percona.com/PerconaXtraDBCluster": [
    ["spec", "pxc", "volumeSpec", "persistentVolumeClaim", "resources", "requests", "storage"],
  ],
  "k8s.mariadb.com/MariaDB": [["spec", "storage", "size"]],
  "monitoring.coreos.com/Prometheus": [
    ["spec", "storage", "volumeClaimTemplate", "spec", "resources", "requests", "storage"],
  ],
  "monitoring.coreos.com/Alertmanager": [
    ["spec", "storage", "volumeClaimTemplate", "spec", "resources", "requests", "storage"],
  ],
};

/** Disks of operators' databases that are to shrink. */
export function* shrunk(before: Manifest, after: Manifest): Iterable<Problem> {
  for (const path of SIZES[`${after.group}/${after.kind}`] ?? []) {
    const [old, now] = [before.get(...path), after.get(...path)];
    const [was, is] = [quantityOf(old), quantityOf(now)];
    if (was === undefined || is === undefined || is >= was) continue;
    const suggestion = setScalar(after, path, scalarText(old));
    yield {
      subject: after,
      key: path.join("."),
      at: after.locate(...path),
      atMost: "warning",
      message: `${after.ref}: ${path.join(".")} goes from ${scalarText(old)} to ${scalarText(now)}. Volumes cannot shrink: the operator refuses the change and stops reconciling, or replaces the volumes.`,
      fix: `Keep ${path.join(".")}: ${scalarText(old)}. For smaller volumes, restore a backup into a new ${after.kind} and switch over.`,
      ...(suggestion && { suggestion }),
    };
  }
}

/** Growing needs a storage class that allows it (kubernetes pkg/apis/core/validation, PersistentVolumeClaimResize). */
export function* growth(before: Manifest, after: Manifest, world: World): Iterable<Problem> {
  const path = ["spec", "resources", "requests", "storage"];
  const [old, now] = [before.get(...path), after.get(...path)];
  const [was, is] = [quantityOf(old), quantityOf(now)];
  const name = string(after.get("spec", "storageClassName"));
  const storageClass = name === undefined ? undefined : world.find("StorageClass", name, { namespace: "" });
  const expands = storageClass?.get("allowVolumeExpansion");
  if (
    was === undefined ||
    is === undefined ||
    is <= was ||
    !storageClass ||
    expands === true ||
    isUnknown(expands)
  )
    return;
  yield {
    subject: after,
    key: "expansion",
    at: after.locate(...path),
    atMost: "warning",
    message: `${after.ref} asks to grow from ${scalarText(old)} to ${scalarText(now)}, and storage class ${storageClass.name} does not allow volumes to grow: the API server refuses it, and the deploy fails here.`,
    fix: `Write allowVolumeExpansion: true in StorageClass/${storageClass.name} first, if its driver can expand volumes.`,
  };
}

const DEFAULT = "storageclass.kubernetes.io/is-default-class";

/** Claims without a class get the default one when they are made. */
export function* defaultClass({ before, after }: Transition): Iterable<Problem> {
  const defaults = (world: World) =>
    world.ofKind("StorageClass").filter(({ annotations }) => annotations[DEFAULT] === "true");
  const [old, now] = [defaults(before), defaults(after)];
  const [was, is] = [old[0], now[0]];
  if (!was || old.some(({ name }) => now.some((one) => one.name === name))) return;
  const kept = after.ofKind("StorageClass").find(({ id }) => id === was.id);
  const place = is ?? kept ?? was;
  const atMost: Severity = "warning";
  yield {
    subject: place,
    key: "default",
    at: place.locate("metadata", "annotations", DEFAULT),
    atMost,
    message: is
      ? `${is.ref} becomes the default instead of ${was.ref}: new claims without a class, those of new StatefulSet pods among them, get volumes of ${is.name} from now on, while their neighbours stay on ${was.name}.`
      : `${was.ref} is no longer the default storage class, and no other is: new claims without a class wait, and their pods do not start.`,
    fix: is
      ? `Write storageClassName: ${was.name} in the claims that need it before the default changes.`
      : `Keep a default storage class, or write storageClassName in every claim.`,
  };
}
