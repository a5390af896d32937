import { describe, expect, test } from "@jest/globals";
import type { GateVerdict, Stage } from "../../src/engine/types.ts";
import { ship, SHIP, steps } from "./rows.ts";
import { cellOf, deliveryOf, workflow } from "./trees.ts";

/** What looks like a stage before the deploy, and what it is: one line a trap. */
const before = (step: string, stage: Stage, files: Readonly<Record<string, string>> = {}) =>
  cellOf(deliveryOf({ ...workflow(steps("work", [step]) + ship("    needs: work\n")), ...files }), stage)
    ?.verdict;

describe("what does not stop a deploy, though it looks so", () => {
  test.each<[Stage, string, GateVerdict]>([
    ["unit", "run: ./gradlew build -x integrationTest -x test", "absent"],
    ["unit", "run: mvn -B package -DskipTests", "absent"],
    ["unit", "run: go vet ./...", "absent"],
    ["unit", "run: pytest --collect-only", "absent"],
    ["acceptance", "run: npx playwright merge-reports blobs", "absent"],
    ["acceptance", "run: npx cypress run --component", "absent"],
    ["performance", "uses: benchmark-action/github-action-benchmark@v1", "advisory"],
    ["performance", "uses: treosh/lighthouse-ci-action@v12", "advisory"],
    ["performance", "run: hey https://staging.example", "advisory"],
    ["stress", "run: kubectl get podchaos", "absent"],
    ["rollback", `run: ${SHIP} --atomic -n staging`, "absent"],
    ["rollback", "run: helm rollback shop", "absent"],
    ["data-restore", "run: velero backup create before --wait", "absent"],
    ["data-restore", "run: mysql shop < schema.sql", "absent"],
    ["data-restore", "run: dotnet restore", "absent"],
    ["data-restore", "uses: actions/cache/restore@v4", "absent"],
    ["penetration", "uses: zaproxy/action-baseline@v0.14.0", "advisory"],
    ["penetration", "uses: dependency-check/Dependency-Check_Action@main", "absent"],
    ["penetration", "uses: aquasecurity/trivy-action@0.28.0", "absent"],
    ["penetration", "uses: github/codeql-action/analyze@v3", "absent"],
    ["penetration", "run: nuclei -u https://staging.example", "advisory"],
  ])("%s: %s is %s", (stage, step, verdict) => {
    expect(before(step, stage)).toBe(verdict);
  });
});

describe("what stops it", () => {
  test.each<[Stage, string]>([
    [
      "performance",
      "uses: benchmark-action/github-action-benchmark@v1\n        with: { fail-on-alert: true }",
    ],
    ["performance", "uses: treosh/lighthouse-ci-action@v12\n        with: { budgetPath: budget.json }"],
    ["penetration", "uses: zaproxy/action-full-scan@v0.12.0\n        with: { fail_action: true }"],
    ["penetration", "run: zap-baseline.py -t https://staging.example"],
    ["acceptance", "run: k6 run functional/checkout.js"],
    ["rollback", "run: helm rollback shop && kubectl rollout status deploy/shop"],
    ["data-restore", "run: velero restore create --from-backup daily --wait"],
  ])("%s: %s", (stage, step) => {
    expect(before(step, stage)).toBe("required");
  });
});
