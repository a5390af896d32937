import { list, object, string } from "../engine/json.ts";
import type { Json } from "../engine/types.ts";
import { readYaml } from "../engine/yaml.ts";
import { folderOf, resolvePath } from "./paths.ts";

export const KUSTOMIZATION = /(^|\/)(kustomization\.ya?ml|Kustomization)$/;

/** The files that a kustomization uses as patches: they look like manifests and hold only a part of an object. */
export function patchFilesOf(path: string, text: string): string[] {
  const folder = folderOf(path);
  const value = object(readYaml(text).documents[0]?.value);
  const inline = (item: Json) => string(object(item)["path"]) ?? [];
  const files = [
    ...list(value["patches"]).flatMap(inline),
    ...list(value["patchesJson6902"]).flatMap(inline),
    ...list(value["patchesStrategicMerge"]).flatMap((item) => string(item) ?? []),
    ...list(value["replacements"]).flatMap(inline),
    ...["configurations", "transformers", "generators"].flatMap((field) =>
      list(value[field]).flatMap((item) => string(item) ?? []),
    ),
  ];
  return files.flatMap((file) => (file.includes("\n") ? [] : (resolvePath(folder, file) ?? [])));
}

/** Whether a kustomization changes what it includes, so that its resources are not what is deployed. */
export function transforms(text: string): boolean {
  return /^(patches|patchesStrategicMerge|patchesJson6902|replicas|images|components|namePrefix|nameSuffix|commonLabels|labels|replacements|configMapGenerator|secretGenerator|helmCharts)\s*:/m.test(
    text,
  );
}
