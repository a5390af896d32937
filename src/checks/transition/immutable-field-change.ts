import { plainScalar, setLabels, setScalar } from "../../engine/edit.ts";
import {
  fieldName,
  firstDifference,
  immutableChanges,
  type ImmutableChange,
} from "../../engine/immutable.ts";
import { at, strings } from "../../engine/json.ts";
import { matchesMap } from "../../engine/selectors.ts";
import { isReinstalled, releaseMove } from "../../engine/release-move.ts";
import type { Manifest, Problem, Severity, Suggestion } from "../../engine/types.ts";
import { workloadOf } from "../../engine/workload.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities, type Transition } from "../define.ts";
import { describe, FIXES, forcedBy, outcome } from "./_immutable-words.ts";

const deployment = (
  selector: string,
  labels = "app: api, tier: web",
  version = "apps/v1",
) => `apiVersion: ${version}
kind: Deployment
metadata: { name: api }
spec:
  ${selector}
  template:
    metadata: { labels: { ${labels} } }
    spec: { containers: [{ name: api, image: api:1 }] }
---
apiVersion: v1
kind: Service
metadata: { name: api }
spec: { selector: { app: api }, ports: [{ port: 80 }] }
`;

const store = (spec: string, size = "50Gi") => `apiVersion: apps/v1
kind: StatefulSet
metadata: { name: store }
spec:
  serviceName: store
  selector: { matchLabels: { app: store } }
  ${spec}
  template:
    metadata: { labels: { app: store } }
    spec: { containers: [{ name: db, image: postgres:17 }] }
  volumeClaimTemplates:
    - metadata: { name: data }
      spec:
        accessModes: [ReadWriteOnce]
        resources:
          requests:
            storage: ${size}
`;

const claim = (spec: string, annotations = "{}") => `apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: uploads, annotations: ${annotations} }
spec:
  accessModes: [ReadWriteOnce]
  ${spec}
`;

const migration = (image: string, annotations = "{}") => `apiVersion: batch/v1
kind: Job
metadata: { name: migrate, annotations: ${annotations} }
spec:
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: migrate
          image: ${image}
`;

const MARK = " # <- finding";
const FORCE = '{ kustomize.toolkit.fluxcd.io/force: "enabled" }';
const MATCH_APP = "selector: { matchLabels: { app: api } }";

export default defineCheck({
  kind: "transition",
  id: "immutable-field-change",
  title: "A field changes that Kubernetes does not let anybody change",
  pillar: "transition",
  severity: severities("error", "error", "warning"),
  confidence: "certain",
  why: "The API server refuses the object. kubectl apply, Argo CD, Flux and Helm stop there, often in the middle of a release, and keep failing until somebody acts. The quick way out, delete and create again, stops every pod or loses the volume.",
  fix: "Put the old value back. If the new one is needed, create an object with a new name beside the old one, move traffic or data over, and remove the old one in a later change.",
  references: [
    "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#label-selector-updates",
    "https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/",
    "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#expanding-persistent-volumes-claims",
  ],
  unsafe: [
    {
      title: "a label is added to a Deployment's selector",
      before: deployment(MATCH_APP),
      after: deployment(`selector:\n    matchLabels:\n      app: api\n      tier: web${MARK}`),
    },
    {
      title: "the same, and the deploy tool is told to force it",
      before: deployment(MATCH_APP).replace("name: api }", `name: api, annotations: ${FORCE} }`),
      after: deployment(`selector:\n    matchLabels:\n      app: api\n      tier: web${MARK}`).replace(
        "name: api }",
        `name: api, annotations: ${FORCE} }`,
      ),
    },
    {
      title: "a StatefulSet gets another podManagementPolicy",
      before: store("replicas: 3"),
      after: store(`podManagementPolicy: Parallel${MARK}`),
    },
    {
      title: "the volumes of a StatefulSet are to grow",
      before: store("replicas: 3", "50Gi"),
      after: store("replicas: 3", `100Gi${MARK}`),
    },
    {
      title: "a StatefulSet loses its volumes",
      before: store("replicas: 3", "50Gi"),
      after: store("replicas: 3")
        .replace("spec:", `spec:${MARK}`)
        .replace(/ {2}volumeClaimTemplates:[^]*$/, ""),
    },
    {
      title: "a claim is to shrink",
      before: claim("resources: { requests: { storage: 15Gi } }"),
      after: claim(`resources: { requests: { storage: 5Gi } }${MARK}`),
    },
    {
      title: "a claim moves to another storage class",
      before: claim("storageClassName: local-path"),
      after: claim(`storageClassName: longhorn${MARK}`),
    },
    {
      title: "a Service becomes headless",
      before: "apiVersion: v1\nkind: Service\nmetadata: { name: index }\nspec:\n  ports: [{ port: 80 }]\n",
      after: `apiVersion: v1\nkind: Service\nmetadata: { name: index }\nspec:\n  clusterIP: None${MARK}\n  ports: [{ port: 80 }]\n`,
    },
    {
      title: "a Job runs another image under the same name",
      before: migration("shop:1"),
      after: migration(`shop:2${MARK}`),
    },
  ],
  safe: [
    {
      title: "the selector says the same in another order and form",
      before: deployment("selector: { matchLabels: { app: api, tier: web } }"),
      after: deployment("selector:\n    matchLabels:\n      tier: web\n      app: api"),
    },
    {
      title: "a selector is written out that was the default of an old API version",
      before: deployment("replicas: 1", "app: api", "extensions/v1beta1"),
      after: deployment(MATCH_APP, "app: api"),
    },
    {
      title: "the default is written out, and the same size in another unit",
      before: store("replicas: 3", "50Gi"),
      after: store("podManagementPolicy: OrderedReady", "51200Mi"),
    },
    {
      title: "a claim grows",
      before: claim("resources: { requests: { storage: 5Gi } }"),
      after: claim("resources: { requests: { storage: 15Gi } }"),
    },
    {
      title: "the deploy deletes the Job before it creates the new one",
      before: migration("shop:1", "{ helm.sh/hook: pre-upgrade }"),
      after: migration("shop:2", "{ helm.sh/hook: pre-upgrade }"),
    },
    {
      title: "the workload gets a new name",
      before: deployment(MATCH_APP),
      after: deployment("selector: { matchLabels: { app: api, tier: web } }").replace(
        "name: api }",
        "name: api-v2 }",
      ),
    },
  ],

  *run(transition) {
    // What is uninstalled first has no field that stays.
    if (isReinstalled(releaseMove(transition.before, transition.after))) return;
    for (const { kind, before, after } of transition.changes) {
      if (kind !== "kept" || isRecreated(after)) continue;
      const problems = immutableChanges(before, after).map((change) =>
        problem(after, { change, transition }),
      );
      // A label of a kustomization may stand in several fields: it is one line, and one finding.
      yield* new Map(problems.toReversed().map((one) => [`${one.at.path}:${one.at.line}`, one])).values();
    }
  },
});

/** Objects that the deploy tool deletes and creates again, and that may be gone for a moment. */
function isRecreated({ kind, annotations }: Manifest): boolean {
  if (workloadKinds.includes(kind) || kind === "PersistentVolumeClaim" || kind === "Service") return false;
  return (
    annotations["helm.sh/hook"] !== undefined ||
    annotations["argocd.argoproj.io/hook"] !== undefined ||
    /\b(Replace|Force)=true\b/.test(annotations["argocd.argoproj.io/sync-options"] ?? "") ||
    /^enabled$/i.test(annotations["kustomize.toolkit.fluxcd.io/force"] ?? "")
  );
}

const workloadKinds = ["Deployment", "DaemonSet", "ReplicaSet", "StatefulSet"];

interface Case {
  readonly change: ImmutableChange;
  readonly transition: Transition;
}

function problem(after: Manifest, { change, transition }: Case): Problem {
  const { path } = change;
  const atMost = mostProven(after, change, transition.after);
  const suggestion = undo(after, change);
  const fix = FIXES[after.kind]?.(after, path);
  return {
    subject: after,
    key: fieldName(path),
    at: after.locate(...firstDifference(change.before, change.after, path)),
    message: `${after.ref}: ${describe(change)}. ${outcome(after, change)}`,
    ...(atMost && { atMost }),
    ...(fix !== undefined && { fix }),
    ...(suggestion && { suggestion }),
  };
}

/**
 * While the deploy fails the old version goes on running: a warning. Where it is forced, users lose what the object serves
 * or holds. Most deploys delete their Jobs first.
 */
function mostProven(after: Manifest, { certain }: ImmutableChange, world: World): Severity | undefined {
  if (after.kind === "Job") return "notice";
  if (!certain || forcedBy(after) === undefined) return "warning";
  if (["StatefulSet", "PersistentVolumeClaim", "Service"].includes(after.kind)) return undefined;
  const workload = world.workload(after);
  const served = workloadKinds.includes(after.kind) && workload && world.servicesOf(workload).length > 0;
  return served ? undefined : "warning";
}

function undo(after: Manifest, { path, before: old, after: now }: ImmutableChange): Suggestion | undefined {
  if (path.at(-1) === "selector") {
    const labels = strings(at(old, ["matchLabels"]));
    const fits = matchesMap(labels, workloadOf(after)?.labels ?? {});
    const plain = at(old, ["matchExpressions"]) === undefined && at(now, ["matchExpressions"]) === undefined;
    return fits && plain ? setLabels(after, [...path, "matchLabels"], labels) : undefined;
  }
  const value = old ?? (path.at(-1) === "podManagementPolicy" ? "OrderedReady" : undefined);
  if (typeof value === "number") return setScalar(after, path, String(value));
  return typeof value === "string" && value !== "" ? setScalar(after, path, plainScalar(value)) : undefined;
}
