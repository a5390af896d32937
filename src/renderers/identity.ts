import { createHash } from "node:crypto";
import { list, object, string } from "../engine/json.ts";
import { isUnknown } from "../engine/template.ts";
import type { FieldPath, Json, Manifest, ReleaseIdentity, Side } from "../engine/types.ts";
import { locationOf, type SourceDocument } from "./origin.ts";

/** Helm's own limit, and its characters (helm.sh/docs/chart_template_guide, `chartutil.ValidateReleaseName`). */
const NAME = /^(?=.{1,53}$)[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/;
const NAMESPACE = /^(?=.{1,63}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;

/**
 * A name that Helm takes; what only an expansion would tell, or what Helm refuses, is none. So names of the repository
 * never stand where a flag, or a list with commas, could be read.
 */
export const releaseName = (name: Json | undefined) => fitting(name, NAME);
const namespaceName = (name: Json | undefined) => fitting(name, NAMESPACE);

function fitting(name: Json | undefined, pattern: RegExp): string | undefined {
  const text = string(name);
  return text !== undefined && !isUnknown(text) && pattern.test(text) ? text : undefined;
}

/**
 * Argo CD: the release is called as the Application, and goes where it sends its objects, unless its source says
 * otherwise. https://argo-cd.readthedocs.io/en/stable/user-guide/helm/#helm-release-name
 * @param spec where the Application's spec stands: an ApplicationSet holds it in its template
 * @param source where its chart is named
 */
export function argoIdentity(
  order: Manifest,
  { spec, source, application }: { spec: FieldPath; source: FieldPath; application: string },
): ReleaseIdentity {
  const { releaseName: own, namespace } = object(order.get(...source, "helm"));
  const name = releaseName(own ?? application) ?? "";
  const places = {
    name: own === undefined ? [...spec.slice(0, -1), "metadata", "name"] : [...source, "helm", "releaseName"],
    namespace:
      namespace === undefined ? [...spec, "destination", "namespace"] : [...source, "helm", "namespace"],
  };
  return {
    ...{ tool: "argo", name, order, application, subject: order },
    namespace: namespaceName(namespace ?? order.get(...spec, "destination", "namespace")) ?? "",
    locate: (part) => order.locate(...places[part]),
  };
}

/**
 * Flux: `spec.releaseName`, else the target namespace and the object's own name.
 * https://fluxcd.io/flux/components/helm/helmreleases/#release-name
 */
export function fluxIdentity(order: Manifest): ReleaseIdentity {
  const { releaseName: own, targetNamespace } = object(order.get("spec"));
  const target = string(targetNamespace);
  const title = shortened(target === undefined ? order.name : `${target}-${order.name}`);
  const name = releaseName(own ?? title) ?? "";
  const places = {
    name: own === undefined ? ["metadata", "name"] : ["spec", "releaseName"],
    namespace: target === undefined ? ["metadata", "namespace"] : ["spec", "targetNamespace"],
  };
  return {
    ...{ tool: "flux", name, order, subject: order },
    namespace: namespaceName(target ?? order.namespace) ?? "",
    locate: (part) => order.locate(...places[part]),
  };
}

const LONGEST = 53;
const HASH = 12;

/** Too long a name is cut, and ends with a part of its hash (fluxcd/helm-controller, `release.ShortenName`). */
function shortened(name: string): string {
  if (name.length <= LONGEST) return name;
  const hash = createHash("sha256").update(name).digest("hex").slice(0, HASH);
  return `${name.slice(0, LONGEST - HASH - 1)}-${hash}`;
}

/** One item of a helmfile's `releases`. */
export function helmfileIdentity(file: SourceDocument, index: number, side: Side): ReleaseIdentity {
  const { name: own, namespace } = object(list(file.value["releases"])[index]);
  const name = releaseName(own) ?? "";
  return {
    ...{ tool: "helmfile", name, namespace: namespaceName(namespace) ?? "" },
    subject: { ref: `${file.path}#${name || index}`, kind: "Release", namespace: "", name, labels: {} },
    locate: (part) => locationOf(file, ["releases", index, part], side),
  };
}
