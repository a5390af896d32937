import { describe, expect, test } from "@jest/globals";
import { mermaid, pathLines } from "../../src/reporters/path.ts";
import { cellOf, deliveryOf, job, workflow } from "./trees.ts";

const rollout = (strategy: string): string => `apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: { name: shop }
spec:
  strategy: ${strategy}
  selector: { matchLabels: { app: shop } }
  template:
    metadata: { labels: { app: shop } }
    spec: { containers: [{ name: web, image: shop:1 }] }
`;
const CANARY =
  "{ canary: { steps: [{ setWeight: 20 }, { analysis: { templates: [{ templateName: check }] } }] } }";
const BLUE_GREEN =
  "{ blueGreen: { activeService: shop, postPromotionAnalysis: { templates: [{ templateName: check }] } } }";

const template = (metric: string, more = ""): string => `---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: { name: check }
spec:
${more}  metrics:
    - name: check
${metric.replace(/^(?=.)/gm, "      ")}`;
const JOB =
  "provider: { job: { spec: { template: { spec: { containers: [{ name: e2e, image: e2e, command: [sh, -c, npx playwright test] }] } } } } }\n";
const QUERY = 'provider: { prometheus: { query: "http_request_duration_seconds" } }\n';

const canary = (analysis: string, spec = ""): string => `apiVersion: flagger.app/v1beta1
kind: Canary
metadata: { name: shop }
spec:
  targetRef: { kind: Deployment, name: shop }
${spec}  analysis:
    interval: 1m
${analysis.replace(/^(?=.)/gm, "    ")}`;

const hook = (annotation: string): string => `apiVersion: batch/v1
kind: Job
metadata: { name: smoke, annotations: { ${annotation} } }
spec:
  template:
    spec:
      containers: [{ name: e2e, image: "mcr/playwright", command: [npx, playwright, test] }]
`;

const SHIP = workflow(job("production", "kubectl apply -f k8s/"));
const ARGO = {
  "argocd/shop.yaml": `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: { name: shop }
spec:
  source: { path: k8s }
  destination: { namespace: production }
  syncPolicy: { automated: {} }
`,
};

const verdict = (manifest: string, stage: "acceptance" | "performance", how: Record<string, string> = SHIP) =>
  cellOf(deliveryOf({ ...how, "k8s/shop.yaml": manifest }), stage)?.verdict;

describe("an analysis of Argo Rollouts", () => {
  test.each([
    ["a Job that runs the acceptance tests gates", rollout(CANARY) + template(JOB), "acceptance", "required"],
    [
      "a measured latency gates",
      rollout(CANARY) + template(`${QUERY}successCondition: result[0] < 1\n`),
      "performance",
      "required",
    ],
    [
      "a measurement without a condition cannot fail",
      rollout(CANARY) + template(QUERY),
      "performance",
      "advisory",
    ],
    [
      "a dry run decides nothing",
      rollout(CANARY) + template(JOB, "  dryRun: [{ metricName: check }]\n"),
      "acceptance",
      "advisory",
    ],
    [
      "after the switch users have the new version",
      rollout(BLUE_GREEN) + template(JOB),
      "acceptance",
      "post",
    ],
    ["a template that is elsewhere says nothing", rollout(CANARY), "acceptance", "absent"],
  ] as const)("%s", (_, manifest, stage, expected) => {
    expect(verdict(manifest, stage)).toBe(expected);
  });

  test("says which workload goes out without it", () => {
    const other = rollout("{ canary: {} }").replace("name: shop }", "name: cart }");
    const cell = cellOf(
      deliveryOf({ ...SHIP, "k8s/shop.yaml": `${rollout(CANARY)}${template(JOB)}---\n${other}` }),
      "acceptance",
    );
    expect(cell?.verdict).toBe("unlinked");
    expect(cell?.reason).toContain("Rollout/cart is deployed without it");
  });

  test("is not linked with a deploy of something else, and not said of it", () => {
    const other = workflow(job("production", "kubectl apply -f other/"));
    const files = {
      ...other,
      "other/a.yaml": rollout("{ canary: {} }"),
      "k8s/shop.yaml": rollout(CANARY) + template(JOB),
    };
    expect(cellOf(deliveryOf(files), "acceptance")?.verdict).toBe("absent");
    const opaque = workflow(job("production", "kubectl set image deployment/shop shop=shop:2"));
    expect(verdict(rollout(CANARY) + template(JOB), "acceptance", opaque)).toBe("unlinked");
  });

  test("is drawn behind the deploy", () => {
    const [row] = deliveryOf({ ...SHIP, "k8s/shop.yaml": rollout(CANARY) + template(JOB) }).rows;
    expect(row?.path.at(-1)).toEqual({
      id: "cluster Rollout/shop",
      name: "Rollout/shop",
      kind: "cluster",
      stages: ["acceptance"],
      gates: true,
      after: ["production"],
    });
    expect(pathLines(row?.path ?? [], "").at(-1)).toMatch(
      /^Rollout\/shop +acceptance in the cluster, stops it +after production$/,
    );
    expect(mermaid(row?.path ?? [])).toContain('{{"Rollout/shop: acceptance in the cluster, stops it"}}');
  });

  test("makes the deploy gradual", () => {
    const [row] = deliveryOf({ ...SHIP, "k8s/shop.yaml": rollout(CANARY) + template(JOB) }).rows;
    expect(row?.practices.find(({ practice }) => practice === "gradual")?.kept).toBe("yes");
  });
});

describe("Flagger", () => {
  const web = (type: string, metadata = "") =>
    `webhooks: [{ name: acceptance-test, type: ${type}, url: "http://tester/"${metadata} }]\n`;
  test.each([
    ["a hook before traffic gates", canary(web("pre-rollout")), "acceptance", "required"],
    ["a hook after the promotion comes too late", canary(web("post-rollout")), "acceptance", "post"],
    [
      "a command in the background cannot fail",
      canary(web("rollout", ', metadata: { cmd: "k6 run load.js" }')),
      "performance",
      "advisory",
    ],
    [
      "a range for the duration gates",
      canary("metrics: [{ name: request-duration, thresholdRange: { max: 500 } }]\n"),
      "performance",
      "required",
    ],
    [
      "nothing gates where the analysis is skipped",
      canary(web("pre-rollout"), "  skipAnalysis: true\n"),
      "acceptance",
      "advisory",
    ],
  ] as const)("%s", (_, manifest, stage, expected) => {
    expect(verdict(manifest, stage)).toBe(expected);
  });
});

describe("hooks", () => {
  test.each([
    ["before a sync of Argo CD", "argocd.argoproj.io/hook: PreSync", "required"],
    ["after it", "argocd.argoproj.io/hook: PostSync", "post"],
    ["before an upgrade by Helm", "helm.sh/hook: pre-upgrade", "required"],
    ["a Helm test that nobody runs", "helm.sh/hook: test", "capability"],
  ])("%s", (_, annotation, expected) => {
    expect(verdict(hook(annotation), "acceptance", ARGO)).toBe(expected);
    const [row] = deliveryOf({ ...ARGO, "k8s/shop.yaml": hook(annotation) }).rows;
    const drawn = row?.path.filter(({ kind }) => kind === "cluster").map(({ name, gates }) => [name, gates]);
    expect(drawn).toEqual(expected === "capability" ? [] : [["Job/smoke", expected === "required"]]);
  });

  test("a Helm test counts where the pipeline runs it before the deploy", () => {
    const jobs = `${job("e2e", "kind create cluster && helm test shop")}${job("production", "kubectl apply -f k8s/", "    needs: e2e\n")}`;
    expect(verdict(hook("helm.sh/hook: test"), "acceptance", workflow(jobs))).toBe("required");
  });

  test("a migration is no test", () => {
    expect(
      verdict(
        hook("argocd.argoproj.io/hook: PreSync").replace("npx, playwright, test", "migrate, up"),
        "acceptance",
        ARGO,
      ),
    ).toBe("absent");
  });
});
