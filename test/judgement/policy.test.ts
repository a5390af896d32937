import { describe, expect, test } from "@jest/globals";
import { checks } from "../../src/checks/index.ts";
import type { Report } from "../../src/engine/types.ts";
import { readPolicy } from "../../src/policy/index.ts";
import { render } from "../../src/renderers/index.ts";
import { markdown } from "../../src/reporters/markdown.ts";
import { review } from "../../src/review.ts";
import { treeOf } from "../pipelines/trees.ts";

type Files = Readonly<Record<string, string>>;

/** What a change to a repository with this policy is told. */
async function judged(policy: string, before: Files, after: Files): Promise<Report> {
  const result = readPolicy(
    [{ origin: "repository", path: ".github/nines.yml", text: `version: 1\n${policy}` }],
    "2026-11-26",
    checks.map(({ id }) => id),
  );
  if (!result.ok) throw new Error(JSON.stringify(result.issues));
  return review(treeOf(before), treeOf(after), result.policy, render);
}

const web = (replicas: number) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers: [{ name: web, image: "web:1" }]
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
`;

const news = ({ findings }: Report) =>
  findings.filter(({ standing }) => standing === "introduced" || standing === "worsened");

describe("units", () => {
  const cut = (path: string): [Files, Files] => [{ [path]: web(3) }, { [path]: web(1) }];

  test("what nobody deploys from here is not judged, and the report says so", async () => {
    const [before, after] = cut("vendor/shop/web.yaml");
    expect(news(await judged("", before, after)).map(({ check }) => check)).toContain("replica-reduction");
    const left = await judged('units: { exclude: ["vendor/*"] }', before, after);
    expect(news(left)).toEqual([]);
    expect(left.notes).toEqual([
      { path: "vendor/shop/web.yaml", message: expect.stringContaining("units.exclude") },
    ]);
  });

  test("an excluded kustomization does not come back as plain files", async () => {
    const files = (replicas: number): Files => ({
      "demo/kustomization.yaml": "resources: [web.yaml]\n",
      "demo/web.yaml": web(replicas),
    });
    expect(news(await judged("units: { exclude: [demo] }", files(3), files(1)))).toEqual([]);
  });

  test("an environment that no name tells", async () => {
    const [before, after] = cut("clusters/blue/web.yaml");
    const said = async (environment: string) => {
      const rule = `units: { environments: [{ match: "clusters/blue*", environment: ${environment} }] }`;
      const report = await judged(rule, before, after);
      return news(report).find(({ check }) => check === "replica-reduction");
    };
    expect(await said("production")).toMatchObject({ severity: "error", environment: "production" });
    expect(await said("development")).toMatchObject({ tier: "best-effort", environment: "development" });
  });

  const chart = (replicas: number): Files => ({
    "charts/shop/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
    "charts/shop/values.yaml": "replicas: 2\n",
    "charts/shop/templates/web.yaml": web(1).replace("replicas: 1", "replicas: {{ .Values.replicas }}"),
    "deploy/blue.yaml": `replicas: ${replicas}\n`,
  });
  const release =
    "units: { releases: [{ chart: charts/shop, values: [deploy/blue.yaml], environment: production }] }";

  test("a chart is rendered with the values that the policy names", async () => {
    const [found] = news(await judged(release, chart(6), chart(3))).filter(
      ({ check }) => check === "replica-reduction",
    );
    expect(found).toMatchObject({
      environment: "production",
      units: ["charts/shop (deploy/blue.yaml)"],
      at: { path: "deploy/blue.yaml", line: 1 },
    });
  });

  test("a release that is no longer there is named", async () => {
    const rest = Object.fromEntries(Object.entries(chart(3)).filter(([path]) => path !== "deploy/blue.yaml"));
    const { notes } = await judged(release, rest, { ...rest, "charts/shop/values.yaml": "replicas: 3\n" });
    expect(notes).toContainEqual({
      path: "deploy/blue.yaml",
      message: expect.stringContaining("units.releases"),
    });
  });
});

describe("values of charts of one's own", () => {
  const values = (pods: number) => ({
    "apps/orders/values-production.yaml": `image: { repository: orders, tag: "4" }\nweb:\n  capacity: { pods: ${pods} }\n`,
  });

  test("a key means what the policy says", async () => {
    expect(news(await judged("", values(4), values(1)))).toEqual([]);
    const [found, ...others] = news(
      await judged('values: [{ key: "*.capacity.pods", means: replicaCount }]', values(4), values(1)),
    );
    expect(others).toEqual([]);
    expect(found).toMatchObject({
      check: "values-fewer-replicas",
      severity: "warning",
      at: { path: "apps/orders/values-production.yaml", line: 3 },
      message: expect.stringMatching(
        /^As the policy says, web\.capacity\.pods means replicaCount, .*from 4 to 1 pod/,
      ),
    });
  });

  test("a usual key that is written itself wins", async () => {
    const both = (pods: number) => ({
      "values-production.yaml": `image: { tag: "4" }\nreplicaCount: 3\npods: ${pods}\nresources: { limits: { cpu: 1 } }\n`,
    });
    expect(news(await judged("values: [{ key: pods, means: replicaCount }]", both(4), both(1)))).toEqual([]);
  });
});

describe("stages", () => {
  const pipeline = (
    deploy: string,
    test = "- run: ./scan-everything",
    needs = "    needs: scan\n",
  ): Files => ({
    ".github/workflows/release.yml": `on:
  push: { branches: [main] }
  workflow_dispatch:
    inputs: { skip_tests: { type: boolean, default: false } }
jobs:
  scan:
    runs-on: ubuntu-latest
    if: \${{ !inputs.skip_tests }}
    steps:
      ${test}
  ${deploy}:
    runs-on: ubuntu-latest
${needs}    if: \${{ always() && (needs.scan.result == 'success' || inputs.skip_tests) }}
    steps:
      - run: helm upgrade --install shop ./chart --wait
`,
  });
  const cell = ({ stages: [row] }: Report, stage: string) => row?.cells.find((one) => one.stage === stage);
  const TESTS = "tests: [{ stage: penetration, workflow: release.yml, job: scan }]";
  const shop = pipeline("deploy-production");

  test("a job is the test that the policy says it is", async () => {
    expect(cell(await judged("", shop, shop), "penetration")?.verdict).toBe("absent");
    expect(cell(await judged(TESTS, shop, shop), "penetration")?.verdict).toBe("bypassable");
  });

  test("an accepted bypass is shown, and holds nothing against the gate", async () => {
    const accepted = `${TESTS}\nbypasses: [{ workflow: release.yml, input: skip_tests, reason: incidents only }]`;
    const report = await judged(accepted, shop, shop);
    expect(cell(report, "penetration")).toMatchObject({
      verdict: "required",
      reason: expect.stringContaining("input skip_tests: incidents only"),
    });
    expect(markdown(report)).toContain("incidents only");
  });

  test("a stage is required of the deploys of some tiers", async () => {
    const policy = (name: string) =>
      `tiers: [{ match: { kind: Job, name: ${name} }, tier: critical }]\nstages: { unit: { demand: required, tiers: [critical] } }`;
    const verdict = async (text: string) => (await judged(text, shop, shop)).verdicts["test-stages"];
    expect(await verdict(policy("deploy-production"))).toBe("fail");
    expect(await verdict(policy("another"))).toBe("pass");
  });

  test("a stage is required from its day on, and the report names the day before", async () => {
    const policy = (from: string) => `stages: { unit: { demand: required, from: ${from} } }`;
    const today = await judged(policy("2026-11-26"), shop, shop);
    expect(today.verdicts["test-stages"]).toBe("fail");
    const tomorrow = await judged(policy("2026-11-27"), shop, shop);
    expect(tomorrow.verdicts["test-stages"]).toBe("pass");
    expect(markdown(tomorrow)).toContain("advised, required from 2026-11-27");
  });
});
