import { at, string, strings, type JsonObject } from "./json.ts";
import { oncePer } from "./once.ts";
import { decode } from "./template.ts";
import type { Manifest } from "./types.ts";

/** By what an object is known, selected and paired. */
export type Identity = Pick<
  Manifest,
  "id" | "ref" | "group" | "version" | "kind" | "namespace" | "name" | "labels" | "annotations"
>;

/** Worked out once for both sides and every path at which the object stands. */
export const identityOf = oncePer(namesOf);

/** kubectl's default namespace is not assumed: an unwritten one stays empty (see `sameNamespace`). */
function namesOf(object: JsonObject): Identity {
  const { group, version } = apiVersionOf(string(object["apiVersion"]) ?? "");
  const kind = string(object["kind"]) ?? "";
  const name = decode(
    string(at(object, ["metadata", "name"])) ?? string(at(object, ["metadata", "generateName"])) ?? "",
  );
  const namespace = decode(string(at(object, ["metadata", "namespace"])) ?? "");
  return {
    // Joined, for a review keeps many thousands of these, and what is joined is one string, not a chain of several.
    id: [todaysGroup(group, kind), kind, namespace, name].join("/"),
    ref: (namespace === "" ? [kind, name] : [kind, namespace, name]).join("/"),
    ...{ group, version, kind, namespace, name },
    labels: strings(at(object, ["metadata", "labels"])),
    annotations: strings(at(object, ["metadata", "annotations"])),
  };
}

/** Kinds left the group `extensions` for others (removed in 1.16 and 1.22): for the API server it is one object under both. */
function todaysGroup(group: string, kind: string): string {
  if (group !== "extensions") return group;
  return kind === "Ingress" || kind === "NetworkPolicy" ? "networking.k8s.io" : "apps";
}

function apiVersionOf(text: string): { group: string; version: string } {
  const slash = text.indexOf("/");
  return slash < 0
    ? { group: "", version: text }
    : { group: text.slice(0, slash), version: text.slice(slash + 1) };
}

/** Those of a file that is no object of Kubernetes: its path is its name. */
export const fileIdentity = (kind: string, object: JsonObject, path: string): Identity => ({
  ...identityOf(object),
  id: `/${kind}//${path}`,
  ref: `${kind}/${path}`,
  kind,
  name: path,
});
