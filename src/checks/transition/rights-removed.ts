import { object } from "../../engine/json.ts";
import { removalOf } from "../../engine/pruning.ts";
import { accountOf, bindingsOf, includes, rightsOf, type Right } from "../../engine/rights.ts";
import type { Json, Location, Manifest, Problem } from "../../engine/types.ts";
import { listText, scalarText } from "../../engine/words.ts";
import type { Workload } from "../../engine/workload.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities, type Transition } from "../define.ts";

const POD = `apiVersion: apps/v1
kind: Deployment
metadata: { name: broker, namespace: jobs }
spec:
  selector: { matchLabels: { app: broker } }
  template:
    metadata: { labels: { app: broker } }
    spec:
      serviceAccountName: broker
      containers: [{ name: broker, image: "broker:2" }]
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: broker, namespace: jobs }
---
`;

const role = (verbs: string, mark = "") => `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: broker, namespace: jobs }
rules:${mark}
  - { apiGroups: [batch], resources: [jobs], verbs: ${verbs} }
---
`;

const binding = (
  name: string,
  { kind = "Role", account = "broker", mark = "" } = {},
) => `apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: ${name}, namespace: jobs }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ${kind}, name: broker }
subjects:${mark}
  - { kind: ServiceAccount, name: ${account}, namespace: jobs }
---
`;

const ALL = "[get, list, watch, create]";
const GROUP = "- { kind: Group, apiGroup: rbac.authorization.k8s.io, name: 'system:serviceaccounts:jobs' }";
const named = (...rules: readonly (readonly string[])[]) =>
  role("[get]").replace(
    / {2}- .*\n/,
    rules
      .map(
        (names) =>
          `  - { apiGroups: [batch], resources: [jobs], resourceNames: [${names.join(", ")}], verbs: [get] }\n`,
      )
      .join(""),
  );
const MARK = " # <- finding";
const marked = (text: string, line: string) => text.replace(line, line + MARK);
const ACCOUNT = "serviceAccountName: broker";

export default defineCheck({
  kind: "transition",
  id: "rights-removed",
  title: "A workload loses rights that it works with",
  pillar: "transition",
  severity: severities("warning", "warning", "notice"),
  confidence: "likely",
  absence: true,
  why: "Rights end at the moment of the deploy, for pods that already run as well: from then on the API server answers them with 403. A controller goes on running and no longer does its work, and an operator no longer repairs what it looks after.",
  fix: "Roll out a version that does without the right first, and take the right away in a later change.",
  references: [
    "https://kubernetes.io/docs/reference/access-authn-authz/rbac/#rolebinding-and-clusterrolebinding",
  ],
  unsafe: [
    {
      title: "the binding goes",
      before: POD + role(ALL) + binding("broker"),
      after: marked(POD, ACCOUNT) + role(ALL),
    },
    {
      title: "the workload leaves the binding's subjects",
      before: POD + role(ALL) + binding("broker"),
      after: POD + role(ALL) + binding("broker", { account: "watcher", mark: MARK }),
    },
    {
      title: "a verb leaves the role, and the same version goes on running",
      before: POD + role(ALL) + binding("broker"),
      after: POD + role("[get, list, watch]", MARK) + binding("broker"),
    },
  ],
  safe: [
    {
      title: "another binding gives the same",
      before: POD + role(ALL) + binding("broker"),
      after: POD + role(ALL) + binding("broker-jobs"),
    },
    {
      title: "the binding names all accounts of the namespace",
      before: POD + role(ALL) + binding("broker"),
      after: POD + role(ALL) + binding("broker").replace(/- \{ kind.*/, GROUP),
    },
    {
      title: "a new version brings a binding of another name, with one verb less",
      before: POD + role(ALL) + binding("broker"),
      after: POD.replace("broker:2", "broker:3") + role("[get, list, watch]") + binding("broker-jobs"),
    },
    {
      title: "a rule for two names becomes two rules",
      before: POD + named(["a", "b"]) + binding("broker"),
      after: POD + named(["a"], ["b"]) + binding("broker"),
    },
    {
      title: "a wider role takes the place of the role",
      before: POD + role(ALL) + binding("broker"),
      after: POD + role("['*']") + binding("broker"),
    },
    {
      title: "the new version does without the verb",
      before: POD + role(ALL) + binding("broker"),
      after: POD.replace("broker:2", "broker:3") + role("[get, list, watch]") + binding("broker"),
    },
    {
      title: "the workload goes with its rights",
      before: POD + role(ALL) + binding("broker"),
      after: role(ALL),
    },
    {
      title: "the role comes from elsewhere from now on",
      before: POD + role(ALL) + binding("broker"),
      after: POD + binding("broker-elsewhere", { kind: "ClusterRole" }),
    },
  ],

  *run(transition) {
    const touched = transition.changes.filter(
      ({ before, after }) => (before ?? after).group === RBAC && before?.object !== after?.object,
    );
    if (touched.length === 0) return;
    for (const change of transition.changes) {
      if (change.kind !== "kept") continue;
      const was = transition.before.workload(change.before);
      const is = transition.after.workload(change.after);
      if (was && is && accountOf(was) === accountOf(is)) yield* poorer(was, is, transition);
    }
  },
});

const RBAC = "rbac.authorization.k8s.io";

function* poorer(was: Workload, is: Workload, transition: Transition): Iterable<Problem> {
  const { before, after } = transition;
  const now = bindingsOf(is, after);
  // What a role from elsewhere gives cannot be told; what it gave before either.
  if (now.some((binding) => rightsOf(binding, after) === undefined && !isThere(binding, before))) return;
  const left = now.flatMap((binding) => rightsOf(binding, after) ?? []);
  // Under a new name a binding goes on, and what it gives less is a matter of its role.
  const hasHeir = now.some((binding) => !before.find(binding.kind, binding.name, binding));
  const lost = bindingsOf(was, before)
    .flatMap((binding) => lossOf(binding, left, transition))
    .map((one) => ({ ...one, gone: one.gone && !hasHeir }));
  const [first] = lost;
  if (!first) return;
  // A new version may need less; so may one that was never asked.
  if (lost.every(({ gone }) => !gone) && images(was) !== images(is)) return;
  const grave = lost.some(({ gone }) => gone) && !is.runsToCompletion;
  const what = rightsText(lost.flatMap(({ rights }) => rights));
  yield {
    subject: is.manifest,
    key: "rights",
    at: first.gone ? accountPlace(first.binding, is, after) : placeOf(first.binding, after),
    was: first.binding.locate(),
    ...(grave ? {} : { atMost: "notice" as const }),
    message: `ServiceAccount/${accountOf(is)}, which the pods of ${is.manifest.ref} use, loses the right to ${what}${first.gone ? `, which ${first.binding.ref} gave it` : ""}: from the deploy on the API server answers those requests with 403, while the pods go on running.`,
    fix: `Keep ${first.gone ? first.binding.ref : `the right to ${what}`} until ${is.manifest.name} runs a version that does without it.`,
  };
}

interface Lost {
  readonly binding: Manifest;
  /** The binding itself, and not only a rule of its role. */
  readonly gone: boolean;
  readonly rights: readonly Right[];
}

function lossOf(binding: Manifest, left: readonly Right[], { before, after }: Transition): Lost[] {
  const rights = (rightsOf(binding, before) ?? []).filter(
    (right) => !left.some((one) => includes(one, right)),
  );
  if (rights.length === 0) return [];
  const now = after.find(binding.kind, binding.name, binding);
  if (!now && (after.anywhere(binding.kind, binding.name) || removalOf(binding, before) === "kept"))
    return [];
  return [{ binding, gone: !now || subjects(now) !== subjects(binding), rights }];
}

const subjects = (binding: Manifest) => JSON.stringify(binding.get("subjects") ?? null);

/** Whether the other side has it too, with the same role. */
function isThere(binding: Manifest, world: World): boolean {
  const role = (one: Manifest | undefined): Json | undefined => one?.get("roleRef");
  const other = world.find(binding.kind, binding.name, binding);
  return other !== undefined && JSON.stringify(role(other)) === JSON.stringify(role(binding));
}

const images = ({ containers }: Workload) => containers.map(({ spec }) => scalarText(spec["image"])).join();

/** `get, list and watch jobs.batch`. */
function rightsText(rights: readonly Right[]): string {
  const byResource = Map.groupBy(
    rights,
    ({ resource, group }) => `${resource}${group === "" || group === "*" ? "" : `.${group}`}`,
  );
  const texts = [...byResource].map(([resource, some]) => {
    const verbs = [...new Set(some.map(({ verb }) => (verb === "*" ? "do anything with" : verb)))];
    return `${listText(verbs, 8)} ${resource}`;
  });
  return listText(texts, 4);
}

/** The list that the account left; where the binding is gone, the pods' account. */
function accountPlace(binding: Manifest, { manifest, template }: Workload, after: World): Location {
  const now = after.find(binding.kind, binding.name, binding);
  return now ? now.locate("subjects") : manifest.locate(...template, "spec", "serviceAccountName");
}

/** The rules of the role that a binding gives. */
function placeOf(binding: Manifest, after: World): Location {
  const { kind, name } = object(binding.get("roleRef"));
  const from = kind === "ClusterRole" ? { namespace: "" } : binding;
  const role = after.find(scalarText(kind), scalarText(name), from);
  return role ? role.locate("rules") : binding.locate();
}
