import { BACKUP_KINDS, backupFields, hasBackups, makesBackups } from "./backups.ts";
import { imageName, isStore } from "./image.ts";
import { list, string } from "./json.ts";
import { sameNamespace } from "./selectors.ts";
import { SYSTEM_KINDS, systemOf } from "./systems.ts";
import type { Manifest } from "./types.ts";
import { workloadOf, type Workload } from "./workload.ts";
import type { World } from "./world.ts";

/** What runs again from nothing where it was lost, or is a copy of something else. */
const REFILLED = /(redis|valkey|keydb|nats|prometheus|victoria-metrics|vmstorage|loki|zookeeper)/;

/** The program whose data a StatefulSet with claims keeps; undefined for caches and for what is no known store. */
export function storeIn({ manifest, containers }: Workload): string | undefined {
  if (list(manifest.get("spec", "volumeClaimTemplates")).length === 0) return undefined;
  return containers
    .flatMap(({ role, spec }) => {
      const image = string(spec["image"]);
      return role === "app" && image !== undefined ? [imageName(image)] : [];
    })
    .find((image) => isStore(image) && !REFILLED.test(image.name))?.name;
}

/** Everything in the repository that makes backups: objects that order them, jobs that copy, databases that do it themselves. */
export function backupSources(world: World): Manifest[] {
  const orders = [...BACKUP_KINDS, ...SYSTEM_KINDS]
    .flatMap((kind) => world.everywhere(kind))
    .filter((one) => {
      const fields = backupFields(one);
      return fields !== undefined && hasBackups(one, fields);
    });
  const jobs = world.everywhere("CronJob").filter((job) => {
    const workload = workloadOf(job);
    return workload !== undefined && makesBackups(workload) && job.get("spec", "suspend") !== true;
  });
  return [...new Set([...orders, ...jobs])];
}

/** Whether something makes backups that made none before, or was not there. */
export function hasNewSource({ before, after }: { readonly before: World; readonly after: World }): boolean {
  const known = new Set(backupSources(before).map(({ id }) => id));
  return backupSources(after).some(({ id }) => !known.has(id));
}

/** A claim, a StatefulSet with volumes, or a database of an operator. */
export function holdsData(manifest: Manifest): boolean {
  if (manifest.kind === "PersistentVolumeClaim") return true;
  if (manifest.kind === "StatefulSet") return manifest.get("spec", "volumeClaimTemplates") !== undefined;
  return systemOf(manifest) !== undefined;
}

/** Whether a source names what it copies, and all of that leaves the repository. */
export function goesWithData(
  source: Manifest,
  { before, after }: { readonly before: World; readonly after: World },
): boolean {
  const text = JSON.stringify(source.object);
  const named = before.manifests.filter((one) => holdsData(one) && text.includes(one.name));
  return named.length > 0 && !named.some(({ kind, name }) => after.anywhere(kind, name));
}

/** Whether a source may be the one that backs a store up: it names it, looks after its namespace, or is it. */
export function mayCover(source: Manifest, store: Manifest): boolean {
  if (source === store) return true;
  if (source.group === "velero.io") return veleroCovers(source, store);
  if (systemOf(source)) return false;
  return sameNamespace(source, store) || JSON.stringify(source.object).includes(store.name);
}

/** A Schedule of Velero takes all namespaces that it does not leave out (velero.io, Schedule). */
function veleroCovers(schedule: Manifest, { namespace }: Manifest): boolean {
  const named = (field: string) => list(schedule.get("spec", "template", field));
  const included = named("includedNamespaces");
  if (namespace === "" || named("excludedNamespaces").includes(namespace)) return namespace === "";
  return included.length === 0 || included.some((one) => one === "*" || one === namespace);
}
