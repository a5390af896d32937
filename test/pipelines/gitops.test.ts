import { describe, expect, test } from "@jest/globals";
import { cellOf, deliveryOf, job, workflow } from "./trees.ts";

const application = (
  name: string,
  path: string,
  spec = "  syncPolicy: { automated: { prune: true } }\n",
): string => `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: { name: ${name}, namespace: argocd }
spec:
  source: { repoURL: https://git.example/shop, path: ${path}, targetRevision: HEAD }
  destination: { server: https://kubernetes.default.svc, namespace: shop }
${spec}`;

const flux = (name: string, path: string, spec = ""): string => `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: ${name}, namespace: flux-system }
spec:
  path: ./${path}
  prune: true
  sourceRef: { kind: GitRepository, name: flux-system }
${spec}`;

const WEB = "apiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec: { ports: [{ port: 80 }] }\n";
const CI = workflow(job("test", "go test ./..."), "pull_request: {}");

const production = (files: Readonly<Record<string, string>>) =>
  deliveryOf(files).production.map(({ ref, tier }) => `${ref} ${tier}`);

describe("a merge that Argo CD or Flux deploys is a production deploy", () => {
  test("of an Application that syncs a folder of the repository by itself", () => {
    const files = {
      "argocd/shop.yaml": application("shop", "apps/production"),
      "apps/production/web.yaml": WEB,
    };
    expect(production(files)).toEqual(["argocd/shop.yaml#shop production"]);
  });

  test("of a Flux Kustomization over a folder of the repository", () => {
    const files = {
      "clusters/production/apps.yaml": flux("apps", "apps/shop"),
      "apps/shop/web.yaml": WEB,
    };
    expect(production(files)).toEqual(["clusters/production/apps.yaml#apps production"]);
  });

  test("of an ApplicationSet, environment by environment", () => {
    const set = `apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: { name: shop }
spec:
  generators:
    - list:
        elements: [{ env: staging }, { env: production }]
  template:
    metadata: { name: "shop-{{ env }}" }
    spec:
      source: { repoURL: https://git.example/shop, path: "apps/{{ env }}" }
      destination: { name: in-cluster, namespace: shop }
      syncPolicy: { automated: {} }
`;
    const files = { "argocd/set.yaml": set, "apps/staging/web.yaml": WEB, "apps/production/web.yaml": WEB };
    expect(deliveryOf(files).deploys.map(({ ref, tier }) => `${ref} ${tier}`)).toEqual([
      "argocd/set.yaml#shop-staging staging",
      "argocd/set.yaml#shop-production production",
    ]);
  });

  test("of every folder that an ApplicationSet finds", () => {
    const set = `apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: { name: apps }
spec:
  goTemplate: true
  generators:
    - git: { repoURL: https://git.example/shop, directories: [{ path: apps/* }] }
  template:
    metadata: { name: "{{ .path.basename }}" }
    spec:
      source: { repoURL: https://git.example/shop, path: "{{ .path.path }}" }
      destination: { name: production }
      syncPolicy: { automated: {} }
`;
    const files = { "argocd/set.yaml": set, "apps/web/a.yaml": WEB, "apps/cart/a.yaml": WEB };
    const [deploy] = deliveryOf(files).production;
    expect(deploy?.points.map(({ text }) => text)).toEqual(["apps/cart", "apps/web"]);
  });

  test("and all that one controller brings to one tier is one", () => {
    const files = {
      "argocd/a.yaml": application("a", "apps/a/production"),
      "argocd/b.yaml": application("b", "apps/b/production"),
      "apps/a/production/web.yaml": WEB,
      "apps/b/production/web.yaml": WEB,
    };
    expect(production(files)).toEqual(["argocd/a.yaml#a production"]);
  });
});

describe("no merge deploys", () => {
  const folder = { "apps/production/web.yaml": WEB };
  test.each([
    ["what is synced by hand", application("shop", "apps/production", "")],
    [
      "what is switched off",
      application("shop", "apps/production", "  syncPolicy: { automated: { enabled: false } }\n"),
    ],
    ["what lies in another repository", application("shop", "elsewhere/production")],
    ["a released version", application("shop", "apps/production").replace("HEAD", "v1.2.3")],
    ["what is suspended", flux("shop", "apps/production", "  suspend: true\n")],
  ])("%s", (_, order) => {
    expect(production({ ...folder, "argocd/shop.yaml": order })).toEqual([]);
  });

  test("a source of Flux that stays at a tag", () => {
    const source = `apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: { name: flux-system }
spec: { url: https://git.example/shop, ref: { tag: v1.0.0 } }
`;
    const files = {
      ...folder,
      "flux/shop.yaml": flux("shop", "apps/production"),
      "flux/source.yaml": source,
    };
    expect(production(files)).toEqual([]);
  });

  test("an example", () => {
    expect(production({ ...folder, "examples/shop.yaml": application("shop", "apps/production") })).toEqual(
      [],
    );
  });
});

describe("what stands before a deploy on merge", () => {
  const order = {
    "argocd/shop.yaml": application("shop", "apps/production"),
    "apps/production/web.yaml": WEB,
  };

  test("tests of pull requests, of which the branch's rules tell whether they gate", () => {
    const cell = cellOf(deliveryOf({ ...order, ...CI }), "unit");
    expect(cell?.verdict).toBe("unlinked");
    expect(cell?.reason).toContain("rule of the branch");
  });

  test("not tests that start with the merge", () => {
    const late = workflow(job("test", "go test ./..."));
    const cell = cellOf(deliveryOf({ ...order, ...late }), "unit");
    expect(cell?.verdict).toBe("unlinked");
    expect(cell?.reason).toContain("starts with the same merge");
  });

  test("nothing, and then how to begin is said for a merge", () => {
    expect(cellOf(deliveryOf(order), "unit")?.reason).toContain("check of pull requests");
  });

  test("a job that deploys to production keeps its own row", () => {
    const release = workflow(job("ship-production", "kubectl apply -f k8s/"));
    expect(deliveryOf({ ...order, ...release }).rows.map(({ deploy }) => deploy)).toEqual([
      ".github/workflows/release.yml#ship-production",
      "argocd/shop.yaml#shop",
    ]);
  });
});
