import { bindingClaim } from "../../engine/claims.ts";
import { setScalar } from "../../engine/edit.ts";
import { list } from "../../engine/json.ts";
import { countField } from "../../engine/scaling.ts";
import { podsBehind } from "../../engine/generations.ts";
import { isCounted } from "../../engine/serving.ts";
import type { Manifest, Problem } from "../../engine/types.ts";
import type { Workload } from "../../engine/workload.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities } from "../define.ts";

const checkout = (spec: string, pod = "") => `apiVersion: apps/v1
kind: Deployment
metadata: { name: checkout, namespace: shop }
spec:
  ${spec}
  selector: { matchLabels: { app: checkout } }
  template:
    metadata: { labels: { app: checkout } }
    spec:
      containers: [{ name: web, image: checkout:4${pod.startsWith("volumes") ? "" : pod} }]
${pod.startsWith("volumes") ? `      ${pod}\n` : ""}`;

const SERVICE = `---
apiVersion: v1
kind: Service
metadata: { name: checkout, namespace: shop }
spec: { selector: { app: checkout }, ports: [{ port: 80 }] }
`;

const autoscaler = (minimum: string) => `---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: checkout, namespace: shop }
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: checkout }
  ${minimum}
  maxReplicas: 10
`;

const CLAIM = `---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: checkout, namespace: shop }
spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 5Gi } } }
`;

export default defineCheck({
  kind: "state",
  id: "single-replica-served",
  title: "One pod alone answers a Service",
  pillar: "redundancy",
  severity: severities("warning", "warning", "notice"),
  confidence: "certain",
  why: "When the only pod crashes, or its node is drained or lost, nobody answers until it has started again: users get errors for all that time.",
  fix: "Run at least two replicas, with a PodDisruptionBudget and a spread over nodes.",
  references: [
    "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#replicas",
    "https://kubernetes.io/docs/concepts/workloads/pods/disruptions/",
  ],
  unsafe: [
    { title: "a new workload runs one pod", after: checkout("replicas: 1 # <- finding") + SERVICE },
    {
      title: "no number is written, so it is one",
      after: checkout("minReadySeconds: 5").replace("spec:", "spec: # <- finding") + SERVICE,
    },
    {
      title: "the autoscaler may go down to one",
      after: checkout("minReadySeconds: 5") + SERVICE + autoscaler("minReplicas: 1 # <- finding"),
    },
    {
      title: "a Service starts to send to a single pod",
      before: checkout("replicas: 1"),
      after: checkout("replicas: 1 # <- finding") + SERVICE,
    },
  ],
  safe: [
    { title: "two pods answer", after: checkout("replicas: 2") + SERVICE },
    { title: "no Service sends to it", after: checkout("replicas: 1") },
    {
      title: "the autoscaler keeps two",
      after: checkout("minReadySeconds: 5") + SERVICE + autoscaler("minReplicas: 2"),
    },
    {
      title: "it is a canary: others answer the same Service",
      before: checkout("replicas: 3") + SERVICE,
      after:
        checkout("replicas: 3") +
        "---\n" +
        checkout("replicas: 1")
          .replace("name: checkout,", "name: checkout-canary,")
          .replaceAll("{ app: checkout }", "{ app: checkout, track: canary }") +
        SERVICE,
    },
    { title: "it is switched off", after: checkout("replicas: 0") + SERVICE },
    {
      title: "its volume can be mounted on one node only, so a second pod could not run",
      after:
        checkout("replicas: 1", "volumes: [{ name: data, persistentVolumeClaim: { claimName: checkout } }]") +
        SERVICE +
        CLAIM,
    },
    {
      title: "it elects a leader, and a second pod would only stand by",
      after: checkout("replicas: 1", ', args: ["--leader-elect"]') + SERVICE,
    },
    {
      title: "its author wrote that there must be one",
      after:
        checkout("replicas: 1").replace("shop }", 'shop, annotations: { example.com/singleton: "true" } }') +
        SERVICE,
    },
    {
      title: "the default is written out",
      before: checkout("minReadySeconds: 5") + SERVICE,
      after: checkout("replicas: 1") + SERVICE,
    },
    {
      title: "it always ran alone",
      before: checkout("replicas: 1") + SERVICE,
      after: checkout("replicas: 1").replace("checkout:4", "checkout:5") + SERVICE,
    },
  ],

  *run(world) {
    for (const workload of world.workloads) yield* alone(workload, world);
  },
});

function* alone(workload: Workload, world: World): Iterable<Problem> {
  // A canary of one pod beside others is not alone.
  const service = world.servicesOf(workload).find((one) => !(podsBehind(one, world) > 1));
  if (!service || !isCounted(workload) || world.replicasOf(workload) !== 1 || isSingleton(workload, world))
    return;
  const { manifest } = workload;
  const field = countField(workload, world);
  const suggestion = setScalar(field.manifest, field.path, "2");
  const written = suggestion !== undefined || workload.declaredReplicas !== undefined;
  yield {
    subject: manifest,
    at: field.manifest.locate(...field.path),
    measure: 1,
    // Replicas that no file writes may be kept elsewhere, and what only testers use may wait for its pod.
    ...(written && world.environment !== "staging" && !isCanary(field.manifest)
      ? {}
      : { atMost: "notice" as const }),
    message: `${manifest.ref} ${field.manifest === manifest ? "runs one pod" : "may go down to one pod"}${written ? "" : " (the default where replicas is not set)"}: whenever it crashes or its node is drained, ${service.ref} has nobody to answer until it is back.`,
    fix: `Run at least two replicas of ${manifest.ref}, with a PodDisruptionBudget of maxUnavailable: 1.`,
    ...(suggestion && { suggestion }),
  };
}

/** A copy for some of the users, by its name or its folder's: small on purpose, and others answer most of them. */
const isCanary = (manifest: Manifest): boolean =>
  [manifest.name, manifest.namespace, manifest.locate().path].some((text) =>
    /(^|[-_/.])canary($|[-_/.])/i.test(text),
  );

/** One pod is meant, or cannot be two: said by its author, bound to one node's volume, or followed by stand-bys of its own. */
function isSingleton(workload: Workload, world: World): boolean {
  const { manifest, containers } = workload;
  const said = Object.entries({ ...manifest.labels, ...manifest.annotations }).some(
    ([key, value]) => /(^|[/.-])singleton$/.test(key) && value !== "false",
  );
  const ownVolumes = list(manifest.get("spec", "volumeClaimTemplates")).length > 0;
  const elects = containers.some(({ spec }) =>
    [...list(spec["command"]), ...list(spec["args"])].some(
      (word) => typeof word === "string" && /^--?(enable-)?leader-elect(ion)?(=true)?$/.test(word),
    ),
  );
  return said || ownVolumes || elects || bindingClaim(workload, world) !== undefined;
}
