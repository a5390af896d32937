import { isObject, list, object, string, text } from "./json.ts";
import { sameNamespace } from "./selectors.ts";
import type { Json, Manifest } from "./types.ts";
import { podField, type Workload } from "./workload.ts";
import type { World } from "./world.ts";

/** The ServiceAccount that the pods of a workload act as. */
export function accountOf(workload: Workload): string {
  return string(podField(workload, "serviceAccountName")) ?? "default";
}

/** Bindings of a unit that give rights to a workload's ServiceAccount. */
export function bindingsOf(workload: Workload, world: World): Manifest[] {
  return world
    .ofKind("RoleBinding", "ClusterRoleBinding")
    .filter((binding) => list(binding.get("subjects")).some((subject) => isSubject(subject, workload)));
}

/** By its name, by the user name that it has for the API server, or by a group of all accounts (RBAC, Referring to subjects). */
function isSubject(subject: Json, workload: Workload): boolean {
  const { kind, name, namespace } = object(subject);
  const home = workload.manifest.namespace;
  if (kind === "User") return name === `system:serviceaccount:${home}:${accountOf(workload)}`;
  if (kind === "Group") return GROUPS.includes(text(name)) || name === `system:serviceaccounts:${home}`;
  const same = sameNamespace({ namespace: string(namespace) ?? "" }, workload.manifest);
  return kind === "ServiceAccount" && name === accountOf(workload) && same;
}

/** Groups that every ServiceAccount is in. */
const GROUPS = ["system:serviceaccounts", "system:authenticated"];

/** The Role or ClusterRole that a binding gives, where the unit has it. */
export function roleOf(binding: Manifest, world: World): Manifest | undefined {
  const { kind, name } = object(binding.get("roleRef"));
  const from = kind === "ClusterRole" ? { namespace: "" } : binding;
  return world.find(string(kind) ?? "", string(name) ?? "", from);
}

/** One thing that a subject may do. `*` stands for all. */
export interface Right {
  /** The namespace in which it holds. */
  readonly scope: string;
  readonly group: string;
  /** With the name that it is limited to, or, outside of resources, a URL. */
  readonly resource: string;
  readonly verb: string;
}

/** What a binding lets its subjects do; undefined where its role is elsewhere, or made of others. */
export function rightsOf(binding: Manifest, world: World): Right[] | undefined {
  const role = roleOf(binding, world);
  if (!role || isObject(role.get("aggregationRule"))) return undefined;
  const scope = binding.kind === "ClusterRoleBinding" ? "*" : binding.namespace;
  return list(role.get("rules")).flatMap((rule) => rightsIn(object(rule), scope));
}

function rightsIn(rule: Readonly<Record<string, Json | undefined>>, scope: string): Right[] {
  const names = list(rule["resourceNames"]).map((name) => ` ${text(name)}`);
  const resources = [
    ...list(rule["resources"]).flatMap((one) =>
      (names.length === 0 ? [""] : names).map((name) => `${text(one)}${name}`),
    ),
    ...list(rule["nonResourceURLs"]).map(text),
  ];
  const groups = Array.isArray(rule["apiGroups"]) ? list(rule["apiGroups"]).map(text) : [""];
  return groups.flatMap((group) =>
    resources.flatMap((resource) =>
      list(rule["verbs"]).map((verb) => ({ scope, group, resource, verb: text(verb) })),
    ),
  );
}

/** Whether one right includes another. A right to all objects of a kind includes that to some. */
export function includes(wide: Right, narrow: Right): boolean {
  const [resource = ""] = narrow.resource.split(" ");
  return (
    (wide.scope === "*" || wide.scope === narrow.scope || wide.scope === "" || narrow.scope === "") &&
    (wide.group === "*" || wide.group === narrow.group) &&
    ["*", narrow.resource, resource].includes(wide.resource) &&
    (wide.verb === "*" || wide.verb === narrow.verb)
  );
}
