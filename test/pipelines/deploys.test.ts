import { describe, expect, test } from "@jest/globals";
import { deliveryOf, job, workflow } from "./trees.ts";

const tiersOf = (jobs: string, on?: string): Record<string, string> =>
  Object.fromEntries(deliveryOf(workflow(jobs, on)).deploys.map(({ root, tier }) => [root.id, tier]));

describe("deploys", () => {
  test.each([
    "kubectl apply -f k8s/",
    "kubectl -n shop set image deploy/shop shop=shop:2",
    "oc apply -f k8s/",
    "helm upgrade --install shop ./chart",
    "helm -n shop upgrade --install shop ./chart",
    "helmfile -e production apply",
    "argocd app sync shop",
    "gcloud run deploy shop",
    "./deploy.sh",
    "make deploy",
  ])("%j", (command) => {
    expect(tiersOf(job("production", command))).toEqual({ production: "production" });
  });

  test.each([
    "kubectl apply --dry-run=server -f k8s/",
    "kubectl get pods",
    "kubectl rollout status deploy/shop",
    "kubectl create secret generic x",
    "helm template ./chart",
    "helm lint ./chart",
    "helm repo add x https://x",
    "helm plugin install https://x",
    "docker push shop:2",
    "npm publish",
    "terraform plan",
  ])("%j is none", (command) => {
    expect(tiersOf(job("production", command))).toEqual({});
  });

  test("a cluster that lives as long as the job is no target", () => {
    const steps =
      "  e2e:\n    runs-on: x\n    steps:\n      - uses: helm/kind-action@v1\n      - run: helm install shop .\n";
    expect(tiersOf(steps)).toEqual({});
    expect(tiersOf(job("e2e", "k3d cluster create x && kubectl apply -f k8s/"))).toEqual({});
  });

  test("a called deploy workflow and a GitOps commit under a production environment deploy", () => {
    expect(
      tiersOf("  ship:\n    uses: org/x/.github/workflows/deploy.yml@v2\n    with: { env: prod }\n"),
    ).toEqual({
      ship: "production",
    });
    expect(tiersOf(job("deploy", "git push", "    environment: production\n"))).toEqual({
      deploy: "production",
    });
  });

  test("a job that writes an image into manifests and pushes them deploys", () => {
    const commit = (edit: string, push = "git push") =>
      `cd k8s/production && ${edit} && git commit -am release && ${push}`;
    const set = "kustomize edit set image shop=shop:2";
    expect(tiersOf(job("ship-production", commit(set)))).toEqual({ "ship-production": "production" });
    expect(tiersOf(job("release", commit("sed -i s/tag:.*/tag:2/ values-production.yaml")))).toEqual({
      release: "production",
    });
    expect(tiersOf(job("release", commit("yq -i .version=2 chart.yaml")))).toEqual({});
    expect(tiersOf(job("release", commit(set, "true")))).toEqual({});
  });

  test("an approval job does not deploy", () => {
    expect(tiersOf(job("approve-deploy", "echo approved", "    environment: production\n"))).toEqual({});
  });
});

describe("tiers", () => {
  const apply = "kubectl apply -f k8s/";

  test.each([
    ["deploy-prod", "", "production"],
    ["deploy_staging", "", "staging"],
    ["deploy-preprod", "", "staging"],
    ["deploy-test", "", "staging"],
    ["deploy", "    environment: live\n", "production"],
    ["deploy", "    environment: { name: qa }\n", "staging"],
    ["test-and-deploy-prod", "", "production"],
    ["deploy", "", "unknown"],
  ])("%s %j goes to %s", (id, head, tier) => {
    expect(tiersOf(job(id, apply, head))).toEqual({ [id]: tier });
  });

  test("an environment that an expression chooses counts by its best name", () => {
    const head = "    environment: ${{ github.ref_name == 'main' && 'production' || 'staging' }}\n";
    expect(tiersOf(job("deploy", apply, head))).toEqual({ deploy: "production" });
  });

  test("inputs of a called workflow choose the environment", () => {
    const delivery = deliveryOf({
      ...workflow("  live:\n    uses: ./.github/workflows/apply.yml\n    with: { stage: production }\n"),
      ".github/workflows/apply.yml": `on:\n  workflow_call:\n    inputs: { stage: { type: string } }\njobs:\n${job("go", apply, "    environment: ${{ inputs.stage }}\n")}`,
    });
    expect(delivery.rows.map(({ deploy }) => deploy)).toEqual([".github/workflows/release.yml#live"]);
  });

  test("what runs on pull requests only is a preview", () => {
    expect(tiersOf(job("deploy", apply), "pull_request: {}")).toEqual({ deploy: "preview" });
  });

  test("an unnamed deploy is production only where nothing else is", () => {
    expect(deliveryOf(workflow(job("deploy", apply))).rows).toHaveLength(1);
    const both = job("deploy", apply) + job("deploy-prod", apply);
    expect(deliveryOf(workflow(both)).rows.map(({ deploy }) => deploy)).toEqual([
      ".github/workflows/release.yml#deploy-prod",
    ]);
  });

  test("the policy declares what cannot be told", () => {
    const files = workflow(job("ship", "./go"));
    expect(deliveryOf(files).rows).toHaveLength(0);
    expect(deliveryOf(files, [{ workflow: "release.yml", job: "ship" }]).rows).toHaveLength(1);
  });
});
