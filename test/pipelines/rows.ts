import { expect, test } from "@jest/globals";
import type { GateVerdict, Stage } from "../../src/engine/types.ts";
import { deliveryOf, job } from "./trees.ts";

/**
 * Constructs of real pipelines, re-written in small, each with the verdict that is right for it: one row is a
 * construct, its files, and what is true of one stage before the (worst) production deploy. "none" is no way to
 * production at all.
 */
export interface Row {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  readonly stage?: Stage;
  readonly verdict: GateVerdict | "none";
}

export const SHIP = "helm upgrade --install shop ./chart";
export const ship = (head = "    needs: [test]\n"): string => job("deploy-production", SHIP, head);
export const unit = (head = ""): string => job("test", "go test ./...", head);
export const when = (condition: string, needs = "[test]"): string =>
  ship(`    needs: ${needs}\n    if: ${condition}\n`);
export const ci = (jobs: string, on: string, name = "ci"): Record<string, string> => ({
  ".github/workflows/ci.yml": `name: ${name}\non:\n  ${on}\njobs:\n${jobs}`,
});
export const steps = (id: string, list: readonly string[], head = ""): string =>
  `  ${id}:\n    runs-on: x\n${head}    steps:\n${list.map((step) => `      - ${step}\n`).join("")}`;
export const DISPATCH = "workflow_dispatch: { inputs: { skip-tests: { type: boolean } } }";
export const MAIN = "push: { branches: [main] }";
export const THRESHOLDS = {
  "load.js": "export const options = { thresholds: { http_req_failed: ['rate<0.01'] } };\n",
};

export const expectEach = (rows: readonly Row[]): void => {
  test.each(rows)("$name: $verdict", ({ files, stage = "unit", verdict }) => {
    const delivery = deliveryOf(files);
    const verdicts = delivery.rows.flatMap(({ cells }) => cells.filter((cell) => cell.stage === stage));
    if (verdict === "none") expect(delivery.rows).toEqual([]);
    else expect(verdicts.map((cell) => cell.verdict)).toContain(verdict);
    expect(verdicts.length).toBeLessThanOrEqual(1);
  });
};
