import { expect, test } from "@jest/globals";
import { means, mentionsOf } from "../../src/engine/mentions.ts";
import { one, readAll } from "./files.ts";
import { processorSeconds } from "../support/cost.ts";

/** What a ConfigMap's text says about the Services cart and redis. */
function said(text: string, key = "settings"): string[] {
  const data = text
    .split("\n")
    .map((line) => `    ${line}`)
    .join("\n");
  const { manifests } = readAll(
    `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: settings, namespace: shop }\ndata:\n  ${key}: |-\n${data}\n`,
  );
  return mentionsOf({ manifests }, new Set(["cart", "redis"])).map(({ service, namespace, port }) =>
    [service, namespace ?? "", port ?? ""].join("/"),
  );
}

test.each([
  ["http://cart", ["cart//80"]],
  ["https://cart/api", ["cart//443"]],
  ["http://cart.shop:8080/api", ["cart/shop/8080"]],
  ["grpc://cart.shop.svc.cluster.local:9000", ["cart/shop/9000"]],
  ["cart.shop.svc", ["cart/shop/"]],
  ["redis://user:secret@redis:6379/0", ["redis//6379"]],
  ["cart:8080,redis:6379", ["cart//8080", "redis//6379"]],
  ["redis.host = redis", ["redis//"]],
  ["upstream: redis", ["redis//"]],
  ["redis-cli -h redis -p 6379", ["redis//"]],
])("%j is an address", (text, expected) => {
  expect(said(text)).toEqual(expected);
});

test.each([
  "https://cart.example.com/redis",
  "the cart is a redis",
  "name = cart",
  "my-cart:8080",
  "http://cart-api",
  "/etc/redis.conf",
  "cart_host=other",
])("%j is not", (text) => {
  expect(said(text)).toEqual([]);
});

test("a key that is called after a host says that its value is one", () => {
  expect(said("cart", "CART_HOST")).toEqual(["cart//"]);
  expect(said("cart", "CART_NAME")).toEqual([]);
});

test("variables, arguments and references of a workload and of other objects count, labels and images do not", () => {
  const { manifests } = readAll(`apiVersion: apps/v1
kind: Deployment
metadata: { name: api, namespace: shop, labels: { service: cart } }
spec:
  template:
    metadata: { labels: { host: cart } }
    spec:
      containers:
        - name: api
          image: redis:7
          args: [--cart-addr=cart:80]
          env: [{ name: REDIS_HOST, value: redis }]
---
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: { name: shop, namespace: shop }
spec: { routes: [{ match: Host(\`shop.example.com\`), services: [{ name: cart, port: 80 }] }] }
`);
  const found = mentionsOf({ manifests }, new Set(["cart", "redis"]));
  expect(found.map(({ manifest, at }) => `${manifest.kind} ${at.slice(-3).join(".")}`)).toEqual([
    "Deployment 0.args.0",
    "Deployment env.0.value",
    "IngressRoute services.0.name",
  ]);
});

test("a mention means the Service of its own namespace, or of the one that it says", () => {
  const { manifests } = readAll(
    "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a, namespace: shop }\ndata: { URL: http://cart, OTHER: http://cart.test }\n",
  );
  const [own, other] = mentionsOf({ manifests }, new Set(["cart"]));
  const service = (namespace: string) =>
    one(`apiVersion: v1\nkind: Service\nmetadata: { name: cart, namespace: ${namespace} }\n`);
  expect([means(own!, service("shop")), means(own!, service("test"))]).toEqual([true, false]);
  expect([means(other!, service("shop")), means(other!, service("test"))]).toEqual([false, true]);
});

test("long words cost no more than their length", () => {
  const texts = [
    "a-".repeat(200_000),
    "a.".repeat(200_000),
    `${"cart.".repeat(100_000)}_`,
    "x=".repeat(200_000),
  ];
  expect(processorSeconds(() => texts.map((text) => said(text)))).toBeLessThan(2);
});
