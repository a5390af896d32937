import { expect, test } from "@jest/globals";
import { differences } from "../../src/engine/promql-compare.ts";
import { durationSeconds, metricsOf, readExpression, selectorsOf } from "../../src/engine/promql.ts";

function read(text: string) {
  const expression = readExpression(text);
  if (!expression) throw new Error(`not read: ${text}`);
  return expression;
}

test.each([
  ['up{a="1",b="2"} == 0', '(up{b="2", a="1"}) == 0'],
  ["x > 10 * 1024 * 1024", "x\n  > 10485760"],
  ["x > 1h", "x > 3600"],
  ["x > -(2 ^ 3)", "x > -8"],
])("%s and %s are the same", (a, b) => {
  expect(read(a).key).toBe(read(b).key);
});

test.each(["foo >", "foo{", "sum(", "foo > {{ .Values.limit }}", "foo > ${LIMIT}", ""])(
  "%s is not read",
  (text) => {
    expect(readExpression(text)).toBeUndefined();
  },
);

test("names what an expression reads", () => {
  const expression = read('sum(rate(errors{job="a"}[5m])) / sum(rate({__name__="requests"}[5m])) > 1');
  expect(metricsOf(expression)).toEqual(["errors", "requests"]);
  expect(selectorsOf(expression)).toHaveLength(2);
});

test.each([
  ["90s", 90],
  ["1h30m", 5400],
  ["2d", 172_800],
  ["5", undefined],
  ["", undefined],
])("%s takes %s seconds", (text, seconds) => {
  expect(durationSeconds(text)).toBe(seconds);
});

const kinds = (before: string, after: string) =>
  differences(read(before), read(after))?.map(({ kind }) => kind);

test.each([
  ["x > 5", "x > 9", ["threshold"]],
  ["x > 5", "x >= 5", ["widened"]],
  ["x >= 5", "x > 5", ["threshold"]],
  ["5 < x", "9 < x", ["threshold"]],
  ["x < 5", "x < 3", ["threshold"]],
  ["x < 5", "x < 9", ["widened"]],
  ["x > 5", "x > 5 and y > 1", ["narrowed"]],
  ["x > 5", "x > 5 unless on (pod) y", ["narrowed"]],
  ["x > 5 and y", "x > 5", ["widened"]],
  ["x > 5 or y > 5", "x > 5", ["narrowed"]],
  ["x > 5 and y > 1", "x > 6 and y > 1", ["threshold"]],
  ['x{job="a"} > 5', 'x{job="a",env="live"} > 5', ["narrowed"]],
  ['x{job=~"a|b"} > 5', 'x{job=~"a"} > 5', ["narrowed"]],
  ['x{job!~"a"} > 5', 'x{job!~"a|b"} > 5', ["narrowed"]],
  [
    'sum(rate(x{a="1"}[5m])) / sum(rate(y[5m])) > 1',
    'sum(rate(x{a="1",b="2"}[5m])) / sum(rate(y[5m])) > 1',
    ["narrowed"],
  ],
])("from %s to %s: %s", (before, after, expected) => {
  expect(kinds(before, after)).toEqual(expected);
});

test.each([
  ["x > 5", "y > 5"],
  ["x > 5", "x < 5"],
  ["rate(x[5m]) > 5", "increase(x[5m]) > 5"],
  ["rate(x[5m]) > 5", "rate(x[1h]) > 5"],
  // Fewer series make these fire more.
  ['absent(x{job="a"})', 'absent(x{job="a",env="live"})'],
  ["count(up) < 3", 'count(up{job="a"}) < 3'],
  ["avg(x) > 3", 'avg(x{job="a"}) > 3'],
  ["x / y > 3", 'x / y{job="a"} > 3'],
  ['x{job=~"a.*"} > 5', 'x{job=~"b.*"} > 5'],
  ["x > 5 unless y > 1", "x > 5 unless y > 2"],
])("from %s to %s: nobody can tell", (before, after) => {
  expect(kinds(before, after)).toBeUndefined();
});

test("an expression that nobody wrote is left alone", () => {
  expect(readExpression(`${"(".repeat(5_000)}up${")".repeat(5_000)} > 1`)).toBeUndefined();
  expect(readExpression(Array.from({ length: 9_000 }, () => "up").join(" + "))).toBeUndefined();
});
