import { expect, test } from "@jest/globals";
import type { Finding } from "../../src/engine/types.ts";
import { defaultPolicy } from "../../src/policy/index.ts";
import { render } from "../../src/renderers/index.ts";
import { review } from "../../src/review.ts";
import { Random } from "./random.ts";
import { repository, treeOf, written, type Files } from "./repository.ts";
import { HARMLESS, SAME } from "./rewrites.ts";

const policy = defaultPolicy("2026-01-01");
const repo = repository();
const plain = written(repo);

async function news(base: Files, head: Files): Promise<Finding[]> {
  const report = await review(treeOf(base, "base"), treeOf(head, "head"), policy, render);
  return report.findings.filter(({ standing }) => standing === "introduced" || standing === "worsened");
}

const shown = ({ check, severity, subject, at, message }: Finding) =>
  `${severity} ${check} ${subject.ref} ${at.path}:${String(at.line)} ${message}`;

test("the repository is one that a company could have", () => {
  expect(repo.length).toBeGreaterThan(90);
  expect(new Set(repo.map(({ object }) => object["kind"])).size).toBeGreaterThan(14);
});

test.each(SAME)("$title: no change", async ({ apply, backOnly }) => {
  const other = apply(repo, new Random(1));
  expect([...other]).not.toEqual([...plain]);
  if (!backOnly) expect((await news(plain, other)).map(shown)).toEqual([]);
  expect((await news(other, plain)).map(shown)).toEqual([]);
});

test.each(HARMLESS)("$title: nobody is hurt", async ({ apply }) => {
  const other = apply(repo, new Random(3));
  expect([...other]).not.toEqual([...plain]);
  expect((await news(plain, other)).map(shown)).toEqual([]);
});
