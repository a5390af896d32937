import type { Policy, Stage, StageCell, Tree } from "../../src/engine/types.ts";
import { readDelivery } from "../../src/pipelines/delivery.ts";
import type { Delivery } from "../../src/pipelines/delivery.ts";

export function treeOf(files: Readonly<Record<string, string>>): Tree {
  const blobs = Object.entries(files).map(([path, text]) => [path, { sha: text, text }] as const);
  return { commit: "test", files: new Map(blobs), notes: [] };
}

export function deliveryOf(
  files: Readonly<Record<string, string>>,
  deploys: Policy["deploys"] = [],
  more: Partial<Pick<Policy, "tests" | "bypasses">> = {},
): Delivery {
  return readDelivery(treeOf(files), { deploys, tests: [], bypasses: [], ...more }, "head");
}

/** A workflow with these jobs, in one file. */
export const workflow = (jobs: string, on = "push: { branches: [main] }"): Record<string, string> => ({
  ".github/workflows/release.yml": `on:\n  ${on}\njobs:\n${jobs}`,
});

/** A job in block style; `head` holds further keys, four spaces deep. */
export const job = (id: string, command: string, head = ""): string =>
  `  ${id}:\n    runs-on: ubuntu-latest\n${head}    steps:\n      - run: ${command}\n`;

/** The cell of a stage before the only production deploy. */
export function cellOf(delivery: Delivery, stage: Stage): StageCell | undefined {
  return delivery.rows[0]?.cells.find((cell) => cell.stage === stage);
}
