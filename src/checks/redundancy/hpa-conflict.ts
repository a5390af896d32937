import { podsInWords } from "../../engine/arithmetic.ts";
import { list, object, string } from "../../engine/json.ts";
import { maximumReplicas } from "../../engine/scaling.ts";
import type { Manifest, Problem } from "../../engine/types.ts";
import { kubectlName } from "../../engine/words.ts";
import type { Workload } from "../../engine/workload.ts";
import { minimumReplicas, type World } from "../../engine/world.ts";
import { defineCheck, severities } from "../define.ts";

const stream = (
  replicas: string,
  kind = "Deployment",
) => `apiVersion: ${kind === "Rollout" ? "argoproj.io/v1alpha1" : "apps/v1"}
kind: ${kind}
metadata: { name: stream, namespace: media }
spec:
  ${replicas}
  selector: { matchLabels: { app: stream } }
  template:
    metadata: { labels: { app: stream } }
    spec: { containers: [{ name: web, image: "stream:3" }] }
---
`;

const autoscaler = (kind = "Deployment", minimum = 2) => `apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: stream, namespace: media }
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: ${kind}, name: stream }
  minReplicas: ${minimum}
  maxReplicas: 20
`;

const SCALED = `apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: { name: stream, namespace: media }
spec:
  scaleTargetRef: { name: stream }
  minReplicaCount: 2
  maxReplicaCount: 10
`;

const APPLICATION = `---
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: { name: media, namespace: argocd }
spec:
  ignoreDifferences:
    - { group: apps, kind: Deployment, jsonPointers: [/spec/replicas] }
`;

const MARK = " # <- finding";

export default defineCheck({
  kind: "state",
  id: "hpa-conflict",
  title: "Every deploy resets the number of pods that an autoscaler keeps",
  pillar: "redundancy",
  severity: severities("warning", "warning", "notice"),
  confidence: "likely",
  why: "The autoscaler has brought the workload to as many pods as the load needs. A deploy writes spec.replicas over that: at a busy hour most pods stop at once, and users wait until the autoscaler has started them again, minutes later.",
  fix: "Let only the autoscaler say how many pods there are. Taking spec.replicas out needs an order: first remove it from the last applied configuration (kubectl apply edit-last-applied), then from the manifest; otherwise the number falls to 1 once. Under Argo CD, or where that is not possible, leave the field to the autoscaler with ignoreDifferences and RespectIgnoreDifferences=true.",
  references: [
    "https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#migrating-deployments-and-statefulsets-to-horizontal-autoscaling",
    "https://argo-cd.readthedocs.io/en/stable/user-guide/best_practices/#leaving-room-for-imperativeness",
  ],
  unsafe: [
    {
      title: "an autoscaler is added, and the number stays written",
      before: stream("replicas: 4"),
      after: stream(`replicas: 4${MARK}`) + autoscaler(),
    },
    {
      title: "a number is written beside the autoscaler",
      before: stream("minReadySeconds: 5") + autoscaler(),
      after: stream(`replicas: 2${MARK}`) + autoscaler(),
    },
    { title: "KEDA scales it", before: stream("replicas: 3"), after: stream(`replicas: 3${MARK}`) + SCALED },
  ],
  safe: [
    { title: "only the autoscaler says how many", after: stream("minReadySeconds: 5") + autoscaler() },
    {
      title: "Argo CD is told to leave the number alone",
      after: stream("replicas: 4") + autoscaler() + APPLICATION,
    },
    {
      title: "the number is the most that the autoscaler may reach",
      after: stream("replicas: 20") + autoscaler(),
    },
    {
      title: "the autoscaler is for another workload",
      after: stream("replicas: 4") + autoscaler().replace("name: stream }", "name: encoder }"),
    },
    {
      title: "an Argo Rollout, whose controller keeps the number",
      after: stream("replicas: 4", "Rollout") + autoscaler("Rollout"),
    },
  ],

  *run(world) {
    const ignoring = new Set(ignoredKinds(world));
    for (const workload of world.workloads) {
      const { kind, declaredReplicas: written } = workload;
      const [scaler] = world.autoscalersOf(workload);
      if (!scaler || written === undefined || Number.isNaN(written) || kind === "Rollout") continue;
      if (ignoring.has(kind) || ignoring.has("*") || written >= maximumReplicas(scaler) || written === 0)
        continue;
      yield problem(workload, scaler, written);
    }
  },
});

function problem({ manifest }: Workload, scaler: Manifest, written: number): Problem {
  const most = maximumReplicas(scaler);
  const least = minimumReplicas(scaler);
  const range = Number.isNaN(most) ? `to ${least} pods or more` : `between ${least} and ${most} pods`;
  const gone = most > written ? `up to ${podsInWords(most - written)}` : "pods";
  return {
    subject: manifest,
    at: manifest.locate("spec", "replicas"),
    message: `${scaler.ref} keeps ${manifest.ref} ${range}, but every deploy sets it back to ${written} (replicas: ${written}). Under load ${gone} stop at once, and users wait until the autoscaler has started them again.`,
    fix: `Run "kubectl apply edit-last-applied ${kubectlName(manifest)}" and remove replicas there; then take replicas: ${written} out of the file. With Helm, which keeps no such record, write replicas: ${Number.isNaN(most) ? "the maximum" : most} instead: then a deploy never takes pods away.`,
  };
}

/** Kinds whose number of replicas an Argo CD Application leaves alone. */
function ignoredKinds(world: World): string[] {
  return [...world.everywhere("Application"), ...world.everywhere("ApplicationSet")].flatMap((app) => {
    const spec = app.kind === "Application" ? ["spec"] : ["spec", "template", "spec"];
    return list(app.get(...spec, "ignoreDifferences")).flatMap((item) => {
      const { kind, jsonPointers, jqPathExpressions } = object(item);
      const paths = [...list(jsonPointers), ...list(jqPathExpressions)].map(String);
      return paths.some((path) => /spec[/.]replicas/.test(path)) ? [string(kind) ?? "*"] : [];
    });
  });
}
