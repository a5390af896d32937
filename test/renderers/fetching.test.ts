import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect } from "@jest/globals";
import { rendered, withKubectl } from "./tools.ts";

let server: Server;
let address = "";
let asked: string[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.url ?? "");
    response.end("apiVersion: v1\nkind: ConfigMap\nmetadata: { name: stolen }\ndata: { secret: x }\n");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const BASE = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: own }\ndata: { a: b }\n";

withKubectl.each([
  ["resources", (url: string) => `resources: [own.yaml, "${url}/a.yaml"]\n`],
  ["a patch", (url: string) => `resources: [own.yaml]\npatches: [{ path: "${url}/a.yaml" }]\n`],
  [
    "a strategic merge patch",
    (url: string) => `resources: [own.yaml]\npatchesStrategicMerge: ["${url}/a.yaml"]\n`,
  ],
  ["a generator", (url: string) => `resources: [own.yaml]\ngenerators: ["${url}/a.yaml"]\n`],
  ["a transformer", (url: string) => `resources: [own.yaml]\ntransformers: ["${url}/a.yaml"]\n`],
  [
    "an environment file",
    (url: string) => `resources: [own.yaml]\nconfigMapGenerator: [{ name: g, env: "${url}/a" }]\n`,
  ],
  ["CRDs", (url: string) => `resources: [own.yaml]\ncrds: ["${url}/a.json"]\n`],
  ["a schema", (url: string) => `resources: [own.yaml]\nopenapi: { path: "${url}/a.json" }\n`],
  ["configurations", (url: string) => `resources: [own.yaml]\nconfigurations: ["${url}/a.yaml"]\n`],
])("an address instead of a file is never asked: %s", async (_, text) => {
  asked = [];
  const files = { "k/kustomization.yaml": text(address), "k/own.yaml": BASE };
  const report = JSON.stringify(await rendered(files, {}));
  expect(asked).toEqual([]);
  expect(report).not.toContain("stolen");
});
