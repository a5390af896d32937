import { list } from "../../engine/json.ts";
import type { Change } from "../../engine/pair.ts";
import type { Problem } from "../../engine/types.ts";
import { kubectlName } from "../../engine/words.ts";
import type { Workload } from "../../engine/workload.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities } from "../define.ts";

const feed = (metadata: string, spec: string) => `apiVersion: apps/v1
kind: Deployment
metadata: ${metadata}
${spec}
  selector: { matchLabels: { app: feed } }
  template:
    metadata: { labels: { app: feed } }
    spec:
      containers: [{ name: api, image: feed:21 }]
---
apiVersion: v1
kind: Service
metadata: { name: feed }
spec: { selector: { app: feed }, ports: [{ port: 80 }] }
---
`;

const WITH = (replicas: number) => feed("{ name: feed }", `spec:\n  replicas: ${replicas}`);
const WITHOUT = feed("{ name: feed }", "spec: # <- finding");

const AUTOSCALER = `apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: feed }
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: feed }
  minReplicas: 4
  maxReplicas: 20
`;

const SCALED_OBJECT = `apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: { name: feed }
spec:
  scaleTargetRef: { name: feed }
  minReplicaCount: 4
  triggers: [{ type: cpu, metricType: Utilization, metadata: { value: "60" } }]
`;

export default defineCheck({
  kind: "transition",
  id: "replicas-removed-under-hpa",
  title: "Removing replicas for an autoscaler resets the workload to one pod",
  pillar: "redundancy",
  severity: severities("error", "error", "warning"),
  confidence: "likely",
  why: "On the deploy that no longer writes spec.replicas, kubectl apply, Helm and Argo CD take the field out of the cluster too, and it falls back to its default: 1. All pods but one stop at once, and that one gets all the traffic until the autoscaler has noticed and new pods have started.",
  fix: "First hand the field over: run kubectl apply edit-last-applied and delete replicas there; with server-side apply, let another field manager own it first. Then remove it from the file. Helm has no such step: with it, set replicas to the maximum of the autoscaler instead.",
  references: [
    "https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#migrating-deployments-and-statefulsets-to-horizontal-autoscaling",
    "https://github.com/kubernetes/kubernetes/issues/25238",
  ],
  supersedes: ["replica-reduction"],
  unsafe: [
    {
      title: "an autoscaler arrives and replicas goes in the same change",
      before: WITH(6),
      after: WITHOUT + AUTOSCALER,
    },
    {
      title: "replicas goes, for the autoscaler has been there for long",
      before: WITH(4) + AUTOSCALER,
      after: WITHOUT + AUTOSCALER,
    },
    { title: "a KEDA ScaledObject takes over", before: WITH(4), after: WITHOUT + SCALED_OBJECT },
    {
      title: "replicas is set to nothing",
      before: WITH(6) + AUTOSCALER,
      after: feed("{ name: feed }", "spec:\n  replicas: null # <- finding") + AUTOSCALER,
    },
  ],
  safe: [
    { title: "replicas stays while the autoscaler arrives", before: WITH(6), after: WITH(6) + AUTOSCALER },
    {
      title: "one replica was written, which is the default too",
      before: WITH(1) + AUTOSCALER,
      after: WITHOUT + AUTOSCALER,
    },
    { title: "it never was written", before: WITHOUT, after: WITHOUT + AUTOSCALER },
    { title: "the workload is new", after: WITHOUT + AUTOSCALER },
    {
      title: "the autoscaler is another workload's",
      before: WITH(2),
      after: WITHOUT + AUTOSCALER.replaceAll("name: feed", "name: search"),
    },
  ],

  *run({ changes, before, after }) {
    for (const change of changes) {
      if (change.kind === "kept") yield* reset(change, before, after);
    }
  },
});

function* reset(change: Extract<Change, { kind: "kept" }>, before: World, after: World): Iterable<Problem> {
  const was = before.workload(change.before);
  const is = after.workload(change.after);
  const replicas = was?.declaredReplicas;
  if (!was || !is || replicas === undefined || !(replicas > 1) || is.declaredReplicas !== undefined) return;
  const [scaler] = after.autoscalersOf(is);
  if (!scaler) return;
  const certain = after.servicesOf(is).length > 0 && !appliesOnServer(is, after);
  yield {
    subject: is.manifest,
    at: is.manifest.locate("spec", "replicas"),
    was: was.manifest.locate("spec", "replicas"),
    ...(certain ? {} : { atMost: "warning" as const }),
    message: `${is.manifest.ref} no longer sets replicas: ${replicas}, so this deploy resets it to 1 pod, which gets all the load. ${scaler.ref} brings others back, but only ${after.replicasOf(is) > 1 ? "once it has noticed and they have started" : "as far as the load asks for them, and once they have started"}.`,
    fix: `Before you merge, run "kubectl apply edit-last-applied ${kubectlName(is.manifest)}" and delete replicas there; then this change leaves the running pods alone. Helm keeps no such record: with it, set replicas to the maximum of ${scaler.ref} instead.`,
  };
}

/**
 * With server-side apply the autoscaler owns the field once it has written it, and then it stays: Flux always applies so,
 * Argo CD where a sync option of the object or of an application says so.
 */
function appliesOnServer({ manifest }: Workload, world: World): boolean {
  const asks = (option: unknown) => typeof option === "string" && /(^|,)\s*ServerSideApply=true/.test(option);
  return (
    asks(manifest.annotations["argocd.argoproj.io/sync-options"]) ||
    world.everywhere("Kustomization").some(({ group }) => group === "kustomize.toolkit.fluxcd.io") ||
    world
      .everywhere("Application")
      .some((app) => list(app.get("spec", "syncPolicy", "syncOptions")).some(asks))
  );
}
