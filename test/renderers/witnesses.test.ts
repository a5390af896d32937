import { expect } from "@jest/globals";
import { rendered, withKubectl, type Files } from "./tools.ts";

const kustomization = (...resources: string[]) =>
  `namespace: shop\nresources: [${resources.map((name) => `${name}.yaml`).join(", ")}]\n`;

const service = (port: string) => `apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ name: ${port}, port: 80 }] }
`;

const ingress = (port: string, name = "web") => `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: ${name} }
spec: { defaultBackend: { service: { name: ${name}, port: { name: ${port} } } } }
`;

const shop = (port: string): Files => ({
  "shop/kustomization.yaml": kustomization("service"),
  "shop/service.yaml": service(port),
});

const EDGES: Files = {
  "edge/kustomization.yaml": kustomization("ingress"),
  "edge/ingress.yaml": ingress("http"),
  "other-port/kustomization.yaml": kustomization("ingress"),
  "other-port/ingress.yaml": ingress("admin"),
  "other-name/kustomization.yaml": kustomization("ingress"),
  "other-name/ingress.yaml": ingress("http", "web-api"),
  "no-route/kustomization.yaml": kustomization("map"),
  "no-route/map.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: web }\ndata: { port: http }\n",
};

/** What is rendered for what it says of others, after what the change touches. */
async function witnesses(base: Files, head: Files): Promise<(string[] | undefined)[]> {
  const sides = await rendered({ ...head, ...EDGES }, { ...base, ...EDGES });
  expect(sides.head.units.map(({ id }) => id)).toEqual(["shop"]);
  return [sides.base, sides.head].map((side) => side.witnesses?.map(({ id }) => id));
}

withKubectl(
  "a kustomization that names a port that another one renames is rendered, and no other",
  async () => {
    expect(await witnesses(shop("http"), shop("web"))).toEqual([["edge"], ["edge"]]);
  },
);

withKubectl("nothing more is rendered where nothing is lost", async () => {
  const head = {
    ...shop("http"),
    "shop/service.yaml": service("http").replace("80", "80, appProtocol: http"),
  };
  expect(await witnesses(shop("http"), head)).toEqual([undefined, undefined]);
});
