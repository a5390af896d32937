import { list, object, string } from "../../engine/json.ts";
import { keysOf, providerOf } from "../../engine/references.ts";
import { isUnknown } from "../../engine/template.ts";
import type { FieldPath, Problem } from "../../engine/types.ts";
import { listText } from "../../engine/words.ts";
import { podField, type Workload } from "../../engine/workload.ts";
import type { Transition } from "../define.ts";

/** One entry of a ConfigMap or Secret that a container mounts by itself, with subPath. */
interface MountedFile {
  readonly kind: "ConfigMap" | "Secret";
  readonly name: string;
  readonly file: string;
  readonly container: string;
  readonly mountPath: string;
  readonly path: FieldPath;
}

/**
 * A subPath that is not there is no error to the kubelet: it makes an empty folder of that name and mounts it
 * (pkg/kubelet/kubelet_pods.go, makeMounts). Where the image has a file at that place, the container does not start.
 */
export function* lostFiles(was: Workload, is: Workload, { before, after }: Transition): Iterable<Problem> {
  const old = new Map(filesOf(was).map((one) => [placeOf(one), one]));
  for (const mount of filesOf(is)) {
    const { kind, name, file, container, mountPath, path } = mount;
    const twin = old.get(placeOf(mount)) ?? mount;
    const had = providerOf(twin, was.manifest, before);
    const has = providerOf(mount, is.manifest, after);
    const [then, now] = [had && keysOf(had), has && keysOf(has)];
    if (!has || !now || now.has(file) || then?.has(twin.file) !== true) continue;
    yield {
      subject: is.manifest,
      key: `${kind}/${name} ${file}`,
      at: is.manifest.locate(...path),
      atMost: "warning",
      message: `Container ${container} of ${is.manifest.ref} mounts ${file} of ${has.ref} at ${mountPath}, and ${has.name} does not have it (it has ${listText([...now], 4)}): the container gets an empty folder in its place, and does not start where its image has a file there.`,
      fix: `Keep ${file} in ${has.ref}, or write a key that it has as subPath.`,
    };
  }
}

const placeOf = ({ kind, container, mountPath }: MountedFile) => `${kind} ${container} ${mountPath}`;

/** Of volumes that are the whole ConfigMap or Secret: what a volume picks by `items` may have other names. */
function filesOf(workload: Workload): MountedFile[] {
  const volumes = new Map(
    list(podField(workload, "volumes")).map((item) => [object(item)["name"], object(item)]),
  );
  return workload.containers.flatMap(({ name: container, spec, path }) =>
    list(spec["volumeMounts"]).flatMap((item, index): MountedFile[] => {
      const mount = object(item);
      const file = string(mount["subPath"]);
      const source = sourceOf(volumes.get(mount["name"] ?? "") ?? {});
      if (!source || file === undefined || file === "" || file.includes("/") || isUnknown(file)) return [];
      const mountPath = string(mount["mountPath"]) ?? "";
      return [{ ...source, file, container, mountPath, path: [...path, "volumeMounts", index, "subPath"] }];
    }),
  );
}

function sourceOf(volume: ReturnType<typeof object>): Pick<MountedFile, "kind" | "name"> | undefined {
  const map = object(volume["configMap"]);
  const secret = object(volume["secret"]);
  const [kind, source, name] = volume["configMap"]
    ? (["ConfigMap", map, string(map["name"])] as const)
    : (["Secret", secret, string(secret["secretName"])] as const);
  if (name === undefined || isUnknown(name) || source["optional"] === true) return undefined;
  return list(source["items"]).length > 0 ? undefined : { kind, name };
}
