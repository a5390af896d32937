import { expect, test } from "@jest/globals";
import { editsOf } from "../../src/engine/edits.ts";

const lines = (before: string | undefined, after: string | undefined) =>
  editsOf("a.yaml", before, after).map((edit) => [
    `${edit.before.start}-${edit.before.end}`,
    `${edit.after.start}-${edit.after.end}`,
  ]);

test.each<[string, string | undefined, string | undefined, string[][]]>([
  ["equal texts", "a\nb\n", "a\nb\n", []],
  ["a line that is rewritten", "a\nb\nc\n", "a\nB\nc\n", [["2-3", "2-3"]]],
  ["a line that is added", "a\nc\n", "a\nb\nc\n", [["2-2", "2-3"]]],
  ["a line that goes", "a\nb\nc\n", "a\nc\n", [["2-3", "2-2"]]],
  [
    "two places, of which the first moves the second",
    "a\nb\nc\nd\ne\n",
    "a\nx\ny\nb\nc\nd\nE\n",
    [
      ["2-2", "2-4"],
      ["5-6", "7-8"],
    ],
  ],
  ["a line that stands twice", "a\na\nb\n", "a\nb\n", [["2-3", "2-2"]]],
  ["a file that is new", undefined, "a\nb\n", [["1-1", "1-3"]]],
  ["a file that goes", "a\nb\n", undefined, [["1-3", "1-1"]]],
])("%s", (_, before, after, expected) => {
  expect(lines(before, after)).toEqual(expected);
});

test("texts that differ too much to compare line by line are one edit, between what they share", () => {
  const many = (prefix: string) => Array.from({ length: 1500 }, (_, index) => `${prefix}${index}`).join("\n");
  expect(lines(`head\n${many("a")}\ntail\n`, `head\n${many("b")}\ntail\n`)).toEqual([["2-1502", "2-1502"]]);
});
