import { expect, test } from "@jest/globals";
import { saidOf } from "../../scripts/generate/examples.ts";
import { page } from "../../scripts/generate/pages.ts";
import type { Check } from "../../src/checks/define.ts";
import { checks } from "../../src/checks/index.ts";

const checkOf = (id: string): Check => checks.find((check) => check.id === id)!;

async function pageOf(check: Check): Promise<string> {
  return page(check, await Promise.all(check.unsafe.map((example) => saidOf(check, example))));
}

test("a page shows what is said of each flagged example, with its arithmetic, fix and suggestion", async () => {
  const text = await pageOf(checkOf("pdb-deadlock"));
  const [, half = ""] = text.split("### a percentage rounds up to all pods: 75% of 3");
  const said = half.split("\n### ")[0]!.split("```\n\n").slice(1).join("");
  expect(said).toContain("Said of `PodDisruptionBudget/shop/search`:\n\n> **error**: ");
  expect(said).toContain("minAvailable: 75% of 3 pods rounds up to 3");
  expect(said).toContain("> **Fix:** Write maxUnavailable: 1 instead of minAvailable");
  expect(said).toContain("```yaml\n  maxUnavailable: 1\n```");
});

test("a fix that is the check's general one stands on its page once", async () => {
  const check = checkOf("pdb-deadlock");
  const [finding] = await saidOf(check, check.unsafe[0]!);
  const text = page(check, [[{ ...finding!, fix: check.fix }]]);
  expect(text.split(check.fix)).toHaveLength(2);
});

test("words of an example do nothing on a page but stand there", async () => {
  const check = checkOf("pdb-deadlock");
  const [finding] = await saidOf(check, check.unsafe[0]!);
  const message = "<b> and [a](b) of @someone";
  expect(page(check, [[{ ...finding!, message }]])).toContain("&lt;b&gt; and \\[a\\](b) of @&#8203;someone");
});
