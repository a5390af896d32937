import { expect, test } from "@jest/globals";
import { hunksOf, isShown } from "../../src/github/hunks.ts";

const PATCH = `@@ -1,3 +1,4 @@ kind: Deployment
 a
+b
 c
 d
@@ -20,2 +21 @@
-x
 y
\\ No newline at end of file`;

test.each([
  ["RIGHT", 1, 4, true],
  ["RIGHT", 4, 5, false],
  ["RIGHT", 2, 21, false],
  ["RIGHT", 21, 21, true],
  ["RIGHT", 22, 22, false],
  ["LEFT", 3, 3, true],
  ["LEFT", 4, 4, false],
  ["LEFT", 20, 21, true],
  ["LEFT", 22, 22, false],
] as const)("%s lines %d to %d are shown in one hunk: %s", (side, line, endLine, shown) => {
  expect(isShown(hunksOf(PATCH), side, line, endLine)).toBe(shown);
});

test("a new file has no lines on the left, a removed one none on the right", () => {
  const added = hunksOf("@@ -0,0 +1,2 @@\n+a\n+b");
  const removed = hunksOf("@@ -1,2 +0,0 @@\n-a\n-b");
  expect([isShown(added, "RIGHT", 2, 2), isShown(added, "LEFT", 0, 0)]).toEqual([true, false]);
  expect([isShown(removed, "LEFT", 1, 2), isShown(removed, "RIGHT", 0, 0)]).toEqual([true, false]);
});

test("a line of the file that looks like a header is none", () => {
  expect(hunksOf("@@ -1 +1,2 @@\n a\n+@@ -50,9 +50,9 @@")).toHaveLength(1);
});
