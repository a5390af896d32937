import { expect } from "@jest/globals";
import { readDelivery } from "../../src/pipelines/delivery.ts";
import { weakeningProblems } from "../../src/pipelines/problems.ts";
import { treeOf } from "./trees.ts";

const NOTHING_DECLARED = { deploys: [], tests: [], bypasses: [] };

type Files = Readonly<Record<string, string>>;

/** What a change of these files does to the tests before deploys: `path:line message` of each problem. */
export function weakened(before: Files, after: Files): string[] {
  const change = {
    before: readDelivery(treeOf(before), NOTHING_DECLARED, "base"),
    after: readDelivery(treeOf(after), NOTHING_DECLARED, "head"),
  };
  return weakeningProblems(change, () => true).map(
    ({ at, message }) => `${at.path}:${String(at.line)} ${message}`,
  );
}

/** The change is found on the line that ends in `# <- here`, and nowhere else. */
export function expectFound(before: Files, after: Files, words: RegExp): void {
  const places = Object.entries(after).flatMap(([path, text]) =>
    text
      .split("\n")
      .flatMap((line, index) => (line.endsWith("# <- here") ? [`${path}:${String(index + 1)}`] : [])),
  );
  const found = weakened(before, after);
  expect(found.map((item) => item.split(" ")[0])).toEqual(places);
  for (const item of found) expect(item).toMatch(words);
}
