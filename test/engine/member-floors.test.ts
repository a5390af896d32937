import { expect, test } from "@jest/globals";
import { defaultPolicy } from "../../src/policy/index.ts";
import { render } from "../../src/renderers/index.ts";
import { text } from "../../src/reporters/text.ts";
import { review } from "../../src/review.ts";
import { treeOf } from "../pipelines/trees.ts";

const cluster = (instances: number) => ({
  "db.yaml": `apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: { name: orders, namespace: shop }
spec: { instances: ${instances}, storage: { size: 10Gi } }
`,
});

const brokers = (replicas: string) => ({
  "queue.yaml": `apiVersion: kafka.strimzi.io/v1beta2
kind: KafkaNodePool
metadata: { name: brokers, namespace: shop }
spec: { replicas: ${replicas}, roles: [controller], storage: { type: ephemeral } }
`,
});

async function rowsOf(before: Record<string, string>, after: Record<string, string>): Promise<string[]> {
  const report = await review(treeOf(before), treeOf(after), defaultPolicy("2026-11-26"), render);
  const lines = text(report, { colour: false, width: 200 }).split("\n");
  return lines
    .filter((line) => /^ {2}\S+\/shop\/\S+ /.test(line))
    .map((line) => line.trim().replaceAll(/ {2,}/g, " | "));
}

test("members of a database are counted before and after", async () => {
  expect(await rowsOf(cluster(3), cluster(1))).toEqual([
    "Cluster/shop/orders instances | 3 → 1 ▼ | 2 → 0 ▼ | – | – | – | – | standard, placed by its operator, serves with 1 of 1",
  ]);
});

test("a quorum says how many must stay", async () => {
  expect(await rowsOf(brokers("5"), brokers("3"))).toEqual([
    "KafkaNodePool/shop/brokers controllers | 5 → 3 ▼ | 4 → 2 ▼ | – | – | – | – | standard, placed by its operator, serves with 2 of 3",
  ]);
});

test("a number that only a template knows has no row", async () => {
  expect(await rowsOf(brokers("3"), brokers("${BROKERS}"))).toEqual([]);
});
