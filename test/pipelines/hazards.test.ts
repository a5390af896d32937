import { describe, expect, test } from "@jest/globals";
import { checks } from "../../src/checks/index.ts";
import { readDelivery } from "../../src/pipelines/delivery.ts";
import { HAZARDS } from "./hazard-pairs.ts";
import type { Files } from "./hazard-pairs.ts";
import { SILENT } from "./silent-pairs.ts";
import { treeOf } from "./trees.ts";

/** What all checks of pipelines say of a change, as `check line`. */
function said(before: Files, after: Files): string[] {
  const none = { deploys: [], tests: [], bypasses: [] };
  const change = {
    before: readDelivery(treeOf(before), none, "base"),
    after: readDelivery(treeOf(after), none, "head"),
  };
  const found = checks.flatMap((check) =>
    check.kind === "pipelines" ? [{ check, problems: [...check.run(change)] }] : [],
  );
  return found.flatMap(({ check, problems }) =>
    problems.map(
      ({ at }) =>
        `${check.id} ${at.side === "base" ? "base " : ""}${at.path.split("/").at(-1) ?? ""}:${at.line}`,
    ),
  );
}

describe("a hazard is said once, on its line", () => {
  test.each(HAZARDS)("%s", (_, before, after, expected) => {
    expect(said(before, after)).toEqual([expected]);
  });
});

describe("its silent twin", () => {
  test.each(SILENT)("%s", (_, before, after) => {
    expect(said(before, after)).toEqual([]);
  });
});
