import { expect, test } from "@jest/globals";
import type { BranchRules, StageCell } from "../../src/engine/types.ts";
import { readDelivery } from "../../src/pipelines/delivery.ts";
import { ci, MAIN, ship } from "./rows.ts";
import { cellOf, job, treeOf, workflow } from "./trees.ts";

const rules = (...names: string[]): BranchRules => ({
  branch: "main",
  checks: names.map((name) => ({ name, by: 'the ruleset "main"' })),
  workflows: [],
  queue: false,
});

interface Known {
  readonly known?: BranchRules | string;
  readonly on?: string;
  readonly more?: Readonly<Record<string, string>>;
}

/** The penetration test before a deploy, where the policy names the check `scan` as such a test. */
function scan({ known, on = MAIN, more = {} }: Known): StageCell | undefined {
  const tree = treeOf({ ...workflow(ship(""), on), ...more });
  const facts = known === undefined ? {} : { facts: { rules: known } };
  const tests = [{ stage: "penetration" as const, check: "scan" }];
  return cellOf(
    readDelivery({ ...tree, ...facts }, { deploys: [], tests, bypasses: [] }, "head"),
    "penetration",
  );
}

test.each<[string, Known, StageCell["verdict"], RegExp]>([
  [
    "required before a merge",
    { known: rules("scan") },
    "required-external",
    /required by the ruleset "main"$/,
  ],
  ["not required", { known: rules("lint") }, "unlinked", /the rules of main let a merge pass without it/],
  ["rules that are not known", {}, "unlinked", /a rule of the branch, and not in the files/],
  ["rules that may not be read", { known: "no rights" }, "unlinked", /and no rights/],
  [
    "a deploy that no merge starts",
    { known: rules("scan"), on: "workflow_dispatch: {}" },
    "unlinked",
    /a start by hand deploys without a merge into main/,
  ],
  [
    "a job of the repository that reports it",
    { known: rules("scan"), more: ci(job("scan", "./scan"), "pull_request: {}") },
    "required-external",
    /in job scan is required by the ruleset "main" as check "scan"/,
  ],
])("a check that the policy names as a test: %s", (...[, known, verdict, reason]) => {
  const cell = scan(known);
  expect(cell?.verdict).toBe(verdict);
  expect(cell?.reason).toMatch(reason);
});
