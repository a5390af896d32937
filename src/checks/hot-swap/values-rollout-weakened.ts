import { defineCheck, severities } from "../define.ts";
import { valuesChanges } from "../../engine/values-words.ts";
import { progressiveProblems } from "./_values-progressive.ts";
import { rolloutProblems } from "./_values-rollout.ts";

const release = (values: string) => `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: { name: cart, namespace: shop }
spec:
  chart:
    spec: { chart: web-app, sourceRef: { kind: HelmRepository, name: platform } }
  values:
${values.replace(/^(?=.)/gm, "    ")}`;

const PROBE = "readinessProbe:\n  httpGet: { path: /ready, port: http }\n";

export default defineCheck({
  kind: "transition",
  id: "values-rollout-weakened",
  title: "A chart's values weaken how pods are replaced",
  pillar: "hot-swap",
  severity: severities("warning", "warning", "notice"),
  confidence: "likely",
  why: "Probes, the rollout strategy, the grace period and the hook before a stop are what keeps users from noticing a deploy or a drain. Without them requests fail each time pods are replaced. The chart itself is not in the repository, so the keys of its values are taken to mean what they mean in nearly all charts.",
  fix: "Keep readiness probes, RollingUpdate, a grace period longer than the longest request, hooks, and fixed image versions.",
  references: [
    "https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#container-probes",
    "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#strategy",
  ],
  unsafe: [
    {
      title: "the readiness probe is switched off",
      before: release("readinessProbe:\n  enabled: true\n"),
      after: release("readinessProbe:\n  enabled: false # <- finding\n"),
    },
    {
      title: "the readiness probe is removed",
      before: release(`replicas: 3\n${PROBE}`),
      after: release("replicas: 3 # <- finding\n"),
    },
    {
      title: "all pods stop before new ones start",
      before: release("strategy:\n  type: RollingUpdate\n"),
      after: release("strategy: # <- finding\n  type: Recreate\n"),
    },
    {
      title: "requests have a third of the time to finish",
      before: release("terminationGracePeriodSeconds: 90\n"),
      after: release("terminationGracePeriodSeconds: 30 # <- finding\n"),
    },
    {
      title: "pods no longer wait before they stop",
      before: release('replicas: 3\nlifecycle:\n  preStop: { exec: { command: [sleep, "15"] } }\n'),
      after: release("replicas: 3 # <- finding\n"),
    },
    {
      title: "the version becomes whatever is newest",
      before: release("image:\n  repository: registry.example.com/cart\n  tag: 3.4.1\n"),
      after: release("image:\n  repository: registry.example.com/cart\n  tag: latest # <- finding\n"),
    },
    {
      title: "the canary is switched off",
      before: release("canary:\n  enabled: true\n  analysis: { interval: 1m }\n"),
      after: release("canary:\n  enabled: false # <- finding\n  analysis: { interval: 1m }\n"),
    },
    {
      title: "the steps of the canary are removed",
      before: release("rollout:\n  canary:\n    steps: [{ setWeight: 10 }, { pause: {} }]\n"),
      after: release("rollout:\n  canary:\n    steps: [] # <- finding\n"),
    },
    {
      title: "a new version is promoted without an analysis",
      before: release("flagger:\n  skipAnalysis: false\n"),
      after: release("flagger:\n  skipAnalysis: true # <- finding\n"),
    },
  ],
  safe: [
    {
      title: "the canary becomes more careful",
      before: release("canary:\n  enabled: false\n  stepWeight: 50\n"),
      after: release("canary:\n  enabled: true\n  stepWeight: 10\n"),
    },
    {
      title: "a probe of its own takes the place of the chart's",
      before: release("readinessProbe: { enabled: true }\n"),
      after: release(
        "readinessProbe: { enabled: false }\ncustomReadinessProbe: { tcpSocket: { port: 80 } }\n",
      ),
    },
    {
      title: "a newer version",
      before: release("image: { tag: 3.4.1 }\n"),
      after: release("image: { tag: 3.5.0 }\n"),
    },
    {
      title: "more time to finish",
      before: release("terminationGracePeriodSeconds: 30\n"),
      after: release("terminationGracePeriodSeconds: 120\n"),
    },
    {
      title: "the probe moves into the container that it asks",
      before: release(PROBE),
      after: release(`web:\n${PROBE.replace(/^(?=.)/gm, "  ")}`),
    },
  ],

  *run(transition) {
    for (const part of valuesChanges(transition)) {
      yield* rolloutProblems(part);
      yield* progressiveProblems(part);
    }
  },
});
