import { expect, test } from "@jest/globals";
import { judge } from "../../scripts/generate/examples.ts";

/** One rule for all that loses pods or members: before production it is felt by those who test. */

const web = (replicas: number) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: "web:1" }] }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
`;

const database = (instances: number) => `apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: { name: web, namespace: shop }
spec: { instances: ${instances} }
`;

test.each([
  ["replica-reduction", "production", web, "error"],
  ["replica-reduction", "staging", web, "warning"],
  ["replica-reduction", "development", web, "warning"],
  ["members-reduced", "production", database, "error"],
  ["members-reduced", "staging", database, "warning"],
] as const)("%s in %s", async (check, environment, of, severity) => {
  const path = `overlays/${environment}/web.yaml`;
  const { findings } = await judge({ before: { [path]: of(3) }, after: { [path]: of(1) } });
  expect(findings.filter((finding) => finding.check === check)).toMatchObject([{ severity }]);
});
