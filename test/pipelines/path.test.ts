import { describe, expect, test } from "@jest/globals";
import type { Practice } from "../../src/engine/types.ts";
import { deliveryOf, job, workflow } from "./trees.ts";

const wayOf = (files: Readonly<Record<string, string>>): string[] =>
  (deliveryOf(files).rows[0]?.path ?? []).map(({ name, kind, gates, after }) =>
    `${name}: ${kind}${gates ? " gates" : ""} after ${after.join(" ")}`.trim(),
  );

const kept = (jobs: string, practice: Practice, rest: Readonly<Record<string, string>> = {}): string => {
  const [row] = deliveryOf({ ...workflow(jobs), ...rest }).rows;
  return row?.practices.find((cell) => cell.practice === practice)?.kept ?? "";
};

const SHIP = "helm upgrade --install shop ./chart";
const needs = (...ids: readonly string[]) => `    needs: [${ids.join(", ")}]\n`;
const staging = job("staging", `${SHIP} -f values-staging.yaml`, "    environment: staging\n");

describe("the way to production", () => {
  test("leads from what starts it over tests and staging to the deploy, and shows tests that gate nothing", () => {
    const jobs = [
      job("test", "go test ./..."),
      job("zap", "zap-baseline.py -t https://shop", needs("test")),
      job("staging", SHIP, `    environment: staging\n${needs("test")}`),
      job("production", SHIP, needs("staging")),
    ];
    expect(wayOf(workflow(jobs.join("")))).toEqual([
      "a push to main: start after",
      "test: test gates after start",
      "zap: test after test",
      "staging: staging gates after test",
      "production: deploy after staging",
    ]);
  });

  test("shows tests of other workflows as not linked", () => {
    const ci = `on: pull_request\njobs:\n${job("unit", "go test ./...")}`;
    const files = { ...workflow(job("production", SHIP)), ".github/workflows/ci.yml": ci };
    expect(wayOf(files)).toContain(".github/workflows/ci.yml#unit: test after");
  });

  test("stays small, and what is left out does not break the way", () => {
    const builds = Array.from({ length: 30 }, (_, index) =>
      job(`build${index}`, "make image", index === 0 ? needs("test") : needs(`build${index - 1}`)),
    );
    const jobs = [job("test", "go test ./..."), ...builds, job("production", SHIP, needs("build29"))];
    expect(wayOf(workflow(jobs.join("")))).toEqual([
      "a push to main: start after",
      "test: test gates after start",
      "production: deploy after test",
    ]);
  });
});

const PLAIN = {
  "deploy/kustomization.yaml": "resources: [web.yaml, rollout.yaml]\n",
  "deploy/web.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web }\n",
};
const OVERLAY = "resources:\n  - ../deploy\n";
const ROLLOUT = `apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: { name: shop }
spec:
  strategy: { canary: { steps: [{ setWeight: 20 }, { pause: {} }] } }
  selector: { matchLabels: { app: shop } }
  template: { metadata: { labels: { app: shop } }, spec: { containers: [{ name: web, image: shop:1 }] } }
`;

describe("practices", () => {
  test("staging comes first only if production waits for it", () => {
    expect(kept(staging + job("production", SHIP, needs("staging")), "staging-first")).toBe("yes");
    expect(kept(staging + job("production", SHIP), "staging-first")).toBe("no");
    expect(kept(job("production", SHIP), "staging-first")).toBe("no");
  });

  test("it is tested together on a cluster of its own, or on staging", () => {
    const kind = `kind create cluster && ${SHIP} && helm test shop`;
    expect(kept(job("e2e", kind) + job("production", SHIP, needs("e2e")), "tested-together")).toBe("yes");
    const there = staging + job("e2e", "npx playwright test", needs("staging"));
    expect(kept(there + job("production", SHIP, needs("e2e")), "tested-together")).toBe("yes");
    expect(kept(job("e2e", "npx playwright test") + job("production", SHIP), "tested-together")).toBe("no");
  });

  test.each([
    ["a folder", "kubectl apply -f deploy/", {}],
    ["a folder by its bare name", "kubectl apply -n shop -f deploy", {}],
    ["the folder that the script went to", "cd deploy && kubectl apply -f .", {}],
    ["a kustomization", "kubectl apply -k deploy", {}],
    ["an overlay of it", "kubectl apply --kustomize=live", { "live/kustomization.yaml": OVERLAY }],
    [
      "an overlay that is built first",
      "kustomize build live | kubectl apply -f -",
      { "live/kustomization.yaml": OVERLAY },
    ],
  ])("what %s brings is known", (_, command, more) => {
    const ship = job("production", command);
    expect(kept(ship, "gradual", { ...PLAIN, ...more })).toBe("no");
    expect(kept(ship, "gradual", { ...PLAIN, ...more, "deploy/rollout.yaml": ROLLOUT })).toBe("yes");
  });

  test.each([
    [
      "what comes from elsewhere",
      "kubectl apply -k live",
      { "live/kustomization.yaml": `${OVERLAY}  - https://x.example/y\n` },
    ],
    [
      "a folder that holds no workload",
      "kubectl apply -f crds/",
      { "crds/a.yaml": "kind: CustomResourceDefinition\n" },
    ],
    ["a chart", "helm upgrade shop ./deploy", { "deploy/Chart.yaml": "name: shop\n" }],
  ])("%s is not told", (_, command, more) => {
    expect(kept(job("production", command), "gradual", { ...PLAIN, ...more })).toBe("unknown");
  });

  test("it waits, and rolls back", () => {
    expect(kept(job("production", `${SHIP} --wait`), "waits-for-rollout")).toBe("yes");
    expect(kept(job("production", `${SHIP} --wait`), "rolls-back")).toBe("no");
    expect(kept(job("production", `${SHIP} --atomic`), "rolls-back")).toBe("yes");
    const repair = job("back", "helm rollback shop", `${needs("production")}    if: failure()\n`);
    expect(kept(job("production", SHIP) + repair, "rolls-back")).toBe("yes");
    const button = job("back", "helm rollback shop", needs("production"));
    expect(kept(job("production", SHIP) + button, "rolls-back")).toBe("no");
  });

  test("the next push does not cancel it", () => {
    const cancels = "    concurrency: { group: x, cancel-in-progress: true }\n";
    expect(kept(job("production", SHIP, cancels), "never-cancelled")).toBe("no");
    expect(kept(job("production", SHIP), "never-cancelled")).toBe("yes");
  });

  test("what a called workflow does is not known", () => {
    const call = "  production:\n    uses: org/x/.github/workflows/deploy.yml@v2\n";
    expect(kept(call, "waits-for-rollout")).toBe("unknown");
    expect(kept(call, "rolls-back")).toBe("unknown");
  });
});
