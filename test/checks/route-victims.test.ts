import { expect, test } from "@jest/globals";
import { judged } from "../renderers/tools.ts";

/** Who is said to get errors when the Service of some paths goes. */

const service = (name: string) =>
  `apiVersion: v1\nkind: Service\nmetadata: { name: ${name} }\nspec: { selector: { app: ${name} }, ports: [{ port: 80 }] }\n`;

const ingress = (
  ...rules: [host: string, path: string, service: string][]
) => `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: shop }
spec:
  rules:
${rules
  .map(
    ([host, path, name]) =>
      `    - host: ${host}\n      http: { paths: [{ path: ${path}, pathType: Prefix, backend: { service: { name: ${name}, port: { number: 80 } } } }] }\n`,
  )
  .join("")}`;

const ROUTE = `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: shop }
spec:
  hostnames: [shop.example.com]
  rules:
    - matches: [{ path: { value: /cart } }, { path: { value: /pay } }]
      backendRefs: [{ name: cart, port: 80 }]
`;

test.each<[string, string, string[]]>([
  [
    "only the paths of the one that goes",
    ingress(["a.example.com", "/", "web"], ["a.example.com", "/cart", "cart"], ["b.example.com", "/", "web"]),
    ["Visitors of a.example.com/cart get errors"],
  ],
  [
    "all paths of one Service in one finding",
    ingress(["a.example.com", "/cart", "cart"], ["b.example.com", "/", "cart"]),
    ["Visitors of a.example.com/cart and b.example.com get errors"],
  ],
  [
    "the paths of a Gateway's route",
    ROUTE,
    ["Visitors of shop.example.com/cart and shop.example.com/pay get errors"],
  ],
])("%s", async (_, route, expected) => {
  const files = (services: string) => ({ "services.yaml": services, "route.yaml": route });
  const { findings } = await judged(files(`${service("web")}---\n${service("cart")}`), files(service("web")));
  const said = findings.filter(({ check }) => check === "backend-dangling").map(({ message }) => message);
  expect(said).toEqual(expected.map((text) => expect.stringContaining(text)));
});
