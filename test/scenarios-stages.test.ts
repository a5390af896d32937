import { describe, expect, test } from "@jest/globals";
import type { Facts } from "../src/engine/types.ts";
import { draftOf } from "../src/github/draft.ts";
import type { Draft } from "../src/github/draft.ts";
import { defaultPolicy } from "../src/policy/index.ts";
import { render } from "../src/renderers/index.ts";
import { review } from "../src/review.ts";
import { gated, HAZARDS } from "./pipelines/hazard-pairs.ts";
import type { Files } from "./pipelines/hazard-pairs.ts";
import { SILENT } from "./pipelines/silent-pairs.ts";
import { treeOf } from "./pipelines/trees.ts";

const policy = defaultPolicy("2026-01-01");

/** Both check runs as GitHub will show them, of a change that went through the whole review. */
async function judged(before: Files, after: Files, facts: Facts = {}) {
  const report = await review({ ...treeOf(before), facts }, { ...treeOf(after), facts }, policy, render);
  const [stages, downtime] = [
    draftOf(report, "test-stages", policy),
    draftOf(report, "zero-downtime", policy),
  ];
  return { report, stages, downtime };
}

const LEVEL = { failure: "failure", neutral: "warning", success: "notice" } as const;

/** What a check run shows on lines: the level, and the place. */
const shown = ({ annotations }: Draft): string[] =>
  annotations.map(
    ({ annotation_level: level, path, start_line: line }) =>
      `${level} ${path.split("/").at(-1) ?? ""}:${String(line)}`,
  );

/** What is gone with its file is shown at the file's start: its line is one of the other side. */
const placeOf = (said: string): string =>
  / base /.test(said) ? said.replace(/^.* base (.*):\d+$/, "$1:1") : (said.split(" ")[1] ?? "");

describe("a hazard, through the whole review", () => {
  test.each(HAZARDS)("%s", async (...[, before, after, said, conclusion]) => {
    const { report, stages, downtime } = await judged(before, after);
    expect(report.findings.map(({ check, standing }) => `${standing} ${check}`)).toEqual([
      `introduced ${said.split(" ")[0] ?? ""}`,
    ]);
    expect(stages.conclusion).toBe(conclusion);
    expect(shown(stages)).toEqual([`${LEVEL[conclusion]} ${placeOf(said)}`]);
    expect([downtime.conclusion, shown(downtime)]).toEqual(["success", []]);
  });

  test("H18 the title keeps every workflow from starting", async () => {
    const request = {
      branch: "main",
      title: "Two more pods [skip ci]",
      message: "Two more pods",
      commits: 1,
    };
    const { stages } = await judged(gated, gated, { request });
    expect([stages.conclusion, shown(stages)]).toEqual(["neutral", ["warning release.yml:1"]]);
  });
});

describe("its silent twin, through the whole review", () => {
  test.each(SILENT)("%s", async (_, before, after) => {
    const { report, stages, downtime } = await judged(before, after);
    expect(report.findings).toEqual([]);
    expect([stages.conclusion, shown(stages)]).toEqual(["success", []]);
    expect(stages.title).toMatch(/^No (gate weakened|production deploy found)/);
    expect([downtime.conclusion, shown(downtime)]).toEqual(["success", []]);
  });
});
