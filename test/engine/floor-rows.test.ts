import { expect, test } from "@jest/globals";
import { judged } from "../renderers/tools.ts";

const web = (namespace: string) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: web${namespace} }
spec:
  replicas: 3
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: "web:1" }] }
---
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: { name: db${namespace} }
spec: { instances: 3 }
`;

test("what gets its namespace written out is one row, before and after", async () => {
  const { floors } = await judged({ "all.yaml": web("") }, { "all.yaml": web(", namespace: shop") });
  expect(floors.map(({ workload, before, after }) => [workload, Boolean(before), Boolean(after)])).toEqual([
    ["Deployment/shop/web", true, true],
    [expect.stringMatching(/^Cluster\/shop\/db /), true, true],
  ]);
});
