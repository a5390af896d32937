import { setScalar } from "../../engine/edit.ts";
import { list, object, string, text } from "../../engine/json.ts";
import { accountOf, bindingsOf, roleOf } from "../../engine/rights.ts";
import type { FieldPath, Json, Problem } from "../../engine/types.ts";
import type { Container, Workload } from "../../engine/workload.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities, type Transition } from "../define.ts";

const operator = (argument: string, replicas = 2) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: operator, namespace: system }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: operator } }
  template:
    metadata: { labels: { app: operator } }
    spec:
      serviceAccountName: operator
      containers:
        - name: manager
          image: operator:8
          args:
            - ${argument}
---
`;

const role = (verbs: string) => `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: leader, namespace: system }
rules:
  - { apiGroups: [coordination.k8s.io], resources: [leases], verbs: [${verbs}] }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: leader, namespace: system }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: leader }
subjects: [{ kind: ServiceAccount, name: operator, namespace: system }]
`;

const MARK = " # <- finding";

export default defineCheck({
  kind: "transition",
  id: "leader-election",
  title: "A controller loses the election that keeps one pod in charge",
  pillar: "hot-swap",
  severity: severities("warning", "warning", "notice"),
  confidence: "certain",
  why: "Without the election all pods work at once, and overwrite what the others write. With the election but without the right to the lease no pod is ever in charge: nothing is reconciled any more, and nobody notices until something should have happened.",
  fix: "Keep --leader-elect for more than one pod, and the right to get, create and update leases for its ServiceAccount.",
  supersedes: ["rights-removed"],
  references: ["https://kubernetes.io/docs/concepts/architecture/leases/#leader-election"],
  unsafe: [
    {
      title: "the election is switched off, and two pods stay",
      before: operator("--leader-elect"),
      after: operator(`--leader-elect=false${MARK}`),
    },
    {
      title: "a second pod is added without an election",
      before: operator("--leader-elect=false", 1),
      after: operator(`--leader-elect=false${MARK}`, 2),
    },
    {
      title: "the right to update the lease is taken away",
      before: operator("--leader-elect") + role("get, create, update"),
      after: operator(`--leader-elect${MARK}`) + role("get, list"),
    },
    {
      title: "the binding goes",
      before: operator("--leader-elect") + role("get, create, update"),
      after: operator(`--leader-elect${MARK}`),
    },
  ],
  safe: [
    {
      title: "one pod needs no election",
      before: operator("--leader-elect"),
      after: operator("--leader-elect=false", 1),
    },
    {
      title: "the election is switched on",
      before: operator("--leader-elect=false"),
      after: operator("--leader-elect=true"),
    },
    {
      title: "rights by patch, which is as good",
      before: operator("--leader-elect") + role("get, create, update"),
      after: operator("--leader-elect") + role("get, create, patch"),
    },
    {
      title: "the rights were never here",
      before: operator("--leader-elect"),
      after: operator("--leader-elect", 3),
    },
  ],

  *run(transition) {
    const { changes, before, after } = transition;
    const rights = changes.some(
      ({ before: old, after: now }) =>
        old !== undefined && old.object !== now?.object && old.group === "rbac.authorization.k8s.io",
    );
    for (const change of changes) {
      if (change.kind !== "kept" || (!rights && change.before.object === change.after.object)) continue;
      const was = before.workload(change.before);
      const is = after.workload(change.after);
      if (!was || !is || is.runsToCompletion) continue;
      yield* switchedOff(was, is, transition);
      if (rights) yield* withoutRights(was, is, transition);
    }
  },
});

interface Flag {
  readonly on: boolean;
  readonly path: FieldPath;
  readonly container: Container;
}

const ELECTS = /^--?(?:leader-elect|enable-leader-election|leader-election|leaderElect)(?:=(.*))?$/;

/** `--leader-elect`, `--enable-leader-election`, … among the arguments of any container. */
function flagOf({ containers }: Workload): Flag | undefined {
  for (const container of containers) {
    for (const field of ["command", "args"]) {
      for (const [index, item] of list(container.spec[field]).entries()) {
        const match = ELECTS.exec(string(item) ?? "");
        if (match) return { on: match[1] !== "false", path: [...container.path, field, index], container };
      }
    }
  }
  return undefined;
}

function* switchedOff(was: Workload, is: Workload, { before, after }: Transition): Iterable<Problem> {
  const [old, now] = [flagOf(was), flagOf(is)];
  const replicas = after.replicasOf(is);
  if (!now || now.on || !(replicas >= 2)) return;
  if (old && !old.on && before.replicasOf(was) >= 2) return;
  const { manifest } = is;
  const written = string(manifest.get(...now.path)) ?? "";
  const suggestion = setScalar(manifest, now.path, written.replace(/=false$/, "=true"));
  yield {
    subject: manifest,
    key: now.container.name,
    at: manifest.locate(...now.path),
    message: `${manifest.ref} runs ${replicas} pods with ${written}: all of them act as leader at once, and overwrite what the others write.`,
    fix: `Write ${written.replace(/=false$/, "=true")}, or run one pod.`,
    ...(suggestion && { suggestion }),
  };
}

function* withoutRights(was: Workload, is: Workload, { before, after }: Transition): Iterable<Problem> {
  const flag = flagOf(is);
  if (!flag?.on || after.incomplete || !mayElect(was, before) || mayElect(is, after)) return;
  yield {
    subject: is.manifest,
    key: "rights",
    at: is.manifest.locate(...flag.path),
    message: `${is.manifest.ref} elects a leader, and ServiceAccount/${accountOf(is)} loses the right to get, create and update leases: no pod can become leader or stay it, and its work stops.`,
    fix: `Keep the rule for leases (get, create, update) bound to ServiceAccount/${accountOf(is)}.`,
  };
}

/** Whether a Role or ClusterRole that is bound to its ServiceAccount lets it hold a Lease (client-go resourcelock/leaselock.go). */
function mayElect(workload: Workload, world: World): boolean {
  const rules = bindingsOf(workload, world).flatMap((binding) => list(roleOf(binding, world)?.get("rules")));
  const verbs = new Set(
    rules.filter(isAboutLeases).flatMap((rule) => list(object(rule)["verbs"]).map(String)),
  );
  const has = (...any: readonly string[]) => verbs.has("*") || any.some((verb) => verbs.has(verb));
  return has("get") && has("create") && has("update", "patch");
}

function isAboutLeases(rule: Json): boolean {
  const { apiGroups, resources } = object(rule);
  const has = (value: Json | undefined, ...wanted: readonly string[]) =>
    list(value).some((one) => wanted.includes(text(one)));
  return has(apiGroups, "*", "coordination.k8s.io") && has(resources, "*", "leases");
}
