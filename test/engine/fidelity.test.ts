import { expect, test } from "@jest/globals";
import { defaultPolicy } from "../../src/policy/index.ts";
import { render } from "../../src/renderers/index.ts";
import { review } from "../../src/review.ts";
import { treeOf } from "./files.ts";

interface Web {
  readonly replicas?: number;
  readonly image?: string;
  readonly container?: string;
  readonly rest?: string;
}

const web = ({
  replicas = 2,
  image = "shop:1",
  container = "",
  rest = "",
}: Web = {}): string => `apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
        - name: web
          image: ${image}
${container}${rest}`;

const PROBE = "          readinessProbe: { httpGet: { path: /, port: 80 } }\n";
const BUDGET = `---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: web, namespace: shop }
spec: { minAvailable: 1, selector: { matchLabels: { app: web } } }
`;

/** What the table says where the change brings a new version to staging. */
async function differences(staging: string, production: string): Promise<string[]> {
  const files = (version: string) => ({
    "deploy/staging/web.yaml": staging.replace("shop:1", `shop:${version}`),
    "deploy/production/web.yaml": production,
  });
  const report = await review(
    treeOf(files("1"), "base"),
    treeOf(files("2")),
    defaultPolicy("2026-01-01"),
    render,
  );
  return report.fidelity.flatMap(({ differences: found }) =>
    found.map(
      ({ subject, aspect, ...sides }) => `${subject} ${aspect}: ${sides.staging} → ${sides.production}`,
    ),
  );
}

test.each([
  ["one pod against several", { replicas: 1 }, { replicas: 3 }, ["replicas: 1 → 3"]],
  ["a probe that staging lacks", {}, { container: PROBE }, ["readinessProbe of web: missing → there"]],
  ["another program", {}, { image: "other:1" }, ["image of web: shop → other"]],
  [
    "a tighter limit",
    { container: "          resources: { limits: { memory: 2Gi } }\n" },
    { container: "          resources: { limits: { memory: 1Gi } }\n" },
    ["memory limit of web: 2Gi → 1Gi"],
  ],
  [
    "a variable that only production sets",
    {},
    { container: "          env: [{ name: NEW_CHECKOUT, value: on }]\n" },
    ["variable NEW_CHECKOUT of web: missing → there"],
  ],
] satisfies [string, Web, Web, string[]][])("shows %s", async (_, staging, production, expected) => {
  const found = await differences(web(staging), web(production));
  expect(found).toEqual(expected.map((text) => `Deployment/shop/web ${text}`));
});

test("shows an object that only production has", async () => {
  expect(await differences(web(), web({ rest: BUDGET }))).toEqual([
    "PodDisruptionBudget/shop/web object: missing → there",
  ]);
});

test.each([
  ["another version", {}, { image: "shop:7" }],
  ["fewer pods, but several", { replicas: 2 }, { replicas: 9 }],
  [
    "more room in production",
    { container: "          resources: { limits: { memory: 1Gi } }\n" },
    { container: "          resources: { limits: { memory: 2Gi } }\n" },
  ],
  ["what only staging has", { container: PROBE, rest: BUDGET }, {}],
] satisfies [string, Web, Web][])("leaves %s alone", async (_, staging, production) => {
  expect(await differences(web(staging), web(production))).toEqual([]);
});

test("speaks of what the change touches; of all, where it touches a pipeline", async () => {
  const files = (rest: Record<string, string>) =>
    treeOf({
      "deploy/staging/web.yaml": web({ replicas: 1 }),
      "deploy/production/web.yaml": web({ replicas: 3 }),
      ...rest,
    });
  const policy = defaultPolicy("2026-01-01");
  const elsewhere = await review(files({}), files({ "other/web.yaml": web() }), policy, render);
  expect(elsewhere.fidelity).toEqual([]);
  const workflow = { ".github/workflows/ci.yml": "on: push\njobs: { x: { steps: [{ run: make }] } }\n" };
  const pipeline = await review(files({}), files(workflow), policy, render);
  expect(pipeline.fidelity.map(({ staging, production }) => [staging, production])).toEqual([
    ["deploy/staging", "deploy/production"],
  ]);
});
