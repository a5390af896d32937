import { describe, expect, test } from "@jest/globals";
import { expectFound, weakened } from "./changes.ts";
import { cellOf, deliveryOf } from "./trees.ts";

/** A gated base; changes that weaken it, each with its line; and changes that do not. */
export interface Suite {
  readonly path: string;
  readonly base: string;
  readonly unsafe: readonly (readonly [title: string, after: string, words: RegExp])[];
  readonly safe: readonly (readonly [title: string, after: string])[];
}

export function suite(name: string, { path, base, unsafe, safe }: Suite): void {
  describe(name, () => {
    test("the test gates the deploy", () => {
      expect(cellOf(deliveryOf({ [path]: base }), "unit")?.verdict).toBe("required");
    });
    test.each(unsafe)("%s is found", (_, after, words) => {
      expectFound({ [path]: base }, { [path]: after }, words);
    });
    test.each(safe)("%s is not", (_, after) => {
      expect(weakened({ [path]: base }, { [path]: after })).toEqual([]);
    });
  });
}
