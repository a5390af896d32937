import { analysesOf, isFlagger, isRollout } from "../../engine/progressive.ts";
import { sameNamespace } from "../../engine/selectors.ts";
import type { Manifest } from "../../engine/types.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities } from "../define.ts";
import { fewerAnalyses, looserFlagger, looserTemplate } from "./_analysis.ts";

const rollout = (strategy: string) => `apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: { name: checkout }
spec:
  replicas: 4
  strategy:
${strategy.replace(/^(?=.)/gm, "    ")}  selector: { matchLabels: { app: checkout } }
  template:
    metadata: { labels: { app: checkout } }
    spec: { containers: [{ name: web, image: checkout:4 }] }
`;

const CANARY = `canary:
  steps:
    - setWeight: 20
    - analysis: { templates: [{ templateName: errors }] }
`;

const UNWATCHED = `canary:
  steps:
    - setWeight: 20
    - pause: { duration: 5m } # <- finding
`;

const template = (metric: string, more = "") => `---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: { name: errors }
spec:
${more}  metrics:
    - name: success-rate
      interval: 1m
      count: 5
${metric.replace(/^(?=.)/gm, "      ")}      provider: { prometheus: { address: "http://prometheus:9090", query: "up" } }
`;

const STRICT = "successCondition: result[0] >= 0.99\nfailureLimit: 1\n";

const flagger = (analysis: string, spec = "") => `apiVersion: flagger.app/v1beta1
kind: Canary
metadata: { name: checkout }
spec:
  targetRef: { apiVersion: apps/v1, kind: Deployment, name: checkout }
${spec}  service: { port: 80 }
  analysis:
    interval: 1m
${analysis.replace(/^(?=.)/gm, "    ")}`;

const MEASURED = `threshold: 5
stepWeight: 10
metrics:
  - name: request-success-rate
    thresholdRange: { min: 99 }
webhooks:
  - { name: acceptance, type: pre-rollout, url: "http://tester/" }
`;

export default defineCheck({
  kind: "transition",
  id: "analysis-weakened",
  title: "Less stops a bad version on its way to all users",
  pillar: "hot-swap",
  severity: severities("warning", "warning", "notice"),
  confidence: "certain",
  why: "An analysis measures a new version while few users have it, and takes it back when it fails. Without it, or with one that cannot fail, a bad version is promoted by itself: the next release that goes wrong reaches every user.",
  fix: "Keep the analysis, its metrics and the conditions on which it fails.",
  references: [
    "https://argo-rollouts.readthedocs.io/en/stable/features/analysis/",
    "https://docs.flagger.app/usage/metrics",
    "https://docs.flagger.app/usage/webhooks",
  ],
  unsafe: [
    {
      title: "the analysis between the steps becomes a pause",
      before: rollout(CANARY) + template(STRICT),
      after: rollout(UNWATCHED) + template(STRICT),
    },
    {
      title: "the analysis before the switch is removed",
      before: rollout(
        "blueGreen:\n  activeService: checkout\n  prePromotionAnalysis: { templates: [{ templateName: errors }] }\n",
      ),
      after: rollout("blueGreen: # <- finding\n  activeService: checkout\n"),
    },
    {
      title: "as many failures are allowed as there are measurements",
      before: rollout(CANARY) + template(STRICT),
      after:
        rollout(CANARY) + template("successCondition: result[0] >= 0.99\nfailureLimit: 5 # <- finding\n"),
    },
    {
      title: "a lower rate of success is enough",
      before: rollout(CANARY) + template(STRICT),
      after: rollout(CANARY) + template("successCondition: result[0] >= 0.9 # <- finding\nfailureLimit: 1\n"),
    },
    {
      title: "the result decides nothing any more",
      before: rollout(CANARY) + template(STRICT),
      after:
        rollout(CANARY) +
        template(STRICT, "  dryRun: [{ metricName: success-rate }]\n").replace(
          "- name: success-rate",
          "- name: success-rate # <- finding",
        ),
    },
    {
      title: "the condition is removed",
      before: rollout(CANARY) + template(STRICT),
      after:
        rollout(CANARY) +
        template("failureLimit: 1\n").replace("- name: success-rate", "- name: success-rate # <- finding"),
    },
    {
      title: "Flagger skips its analysis",
      before: flagger(MEASURED),
      after: flagger(MEASURED, "  skipAnalysis: true # <- finding\n"),
    },
    {
      title: "Flagger no longer calls the acceptance test",
      before: flagger(MEASURED),
      after: flagger(MEASURED.split("webhooks")[0] ?? "").replace("analysis:", "analysis: # <- finding"),
    },
    {
      title: "Flagger accepts more errors",
      before: flagger(MEASURED),
      after: flagger(MEASURED.replace("{ min: 99 }", "{ min: 95 } # <- finding")),
    },
    {
      title: "Flagger waits for four times as many failures",
      before: flagger(MEASURED),
      after: flagger(MEASURED.replace("threshold: 5", "threshold: 20 # <- finding")),
    },
  ],
  safe: [
    {
      title: "conditions become stricter",
      before: rollout(CANARY) + template(STRICT),
      after: rollout(CANARY) + template("successCondition: result[0] >= 0.999\n"),
    },
    {
      title: "the analysis moves from the steps to the background",
      before: rollout(CANARY),
      after: rollout(
        "canary:\n  analysis: { templates: [{ templateName: errors }] }\n  steps:\n    - setWeight: 20\n    - pause: { duration: 5m }\n",
      ),
    },
    {
      title: "another template takes its place",
      before: rollout(CANARY),
      after: rollout(CANARY.replace("errors", "errors-and-latency")),
    },
    {
      title: "the metric gets another name",
      before: rollout(CANARY) + template(STRICT),
      after: rollout(CANARY) + template(STRICT).replace("name: success-rate", "name: ok"),
    },
    {
      title: "a condition is written in other words",
      before: rollout(CANARY) + template(STRICT),
      after: rollout(CANARY) + template("failureCondition: result[0] < 0.99\nfailureLimit: 1\n"),
    },
    {
      title: "it never had an analysis",
      before: rollout(UNWATCHED),
      after: rollout(UNWATCHED).replace("checkout:4", "checkout:5"),
    },
    {
      title: "Flagger's acceptance test gets another address",
      before: flagger(MEASURED),
      after: flagger(MEASURED.replace("http://tester/", "http://tester.test/")),
    },
    {
      title: "Flagger's analysis is written under its name of today",
      before: flagger(MEASURED).replace("  analysis:", "  canaryAnalysis:"),
      after: flagger(MEASURED),
    },
  ],

  *run({ changes, before }) {
    for (const { kind, before: was, after: is } of changes) {
      if (kind !== "kept") continue;
      if (isRollout(is)) yield* fewerAnalyses({ was, is });
      else if (isFlagger(is)) yield* looserFlagger({ was, is });
      else if (isTemplate(is)) yield* looserTemplate({ was, is }, usersOf(is, before));
    }
  },
});

function isTemplate({ group, kind }: Manifest): boolean {
  return group === "argoproj.io" && (kind === "AnalysisTemplate" || kind === "ClusterAnalysisTemplate");
}

function usersOf(template: Manifest, world: World): Manifest[] {
  return world
    .everywhere("Rollout")
    .filter((rollout) =>
      analysesOf(rollout).some(
        (use) =>
          use.template === template.name &&
          use.kind === template.kind &&
          (use.kind === "ClusterAnalysisTemplate" || sameNamespace(rollout, template)),
      ),
    );
}
