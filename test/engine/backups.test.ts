import { expect, test } from "@jest/globals";
import { retentionOf, runsPerYear } from "../../src/engine/backups.ts";

test.each([
  ["0 2 * * *", 365],
  ["@daily", 365],
  ["0 */6 * * *", 4 * 365],
  ["*/15 * * * *", 96 * 365],
  ["0 2 * * 0", 365 / 7],
  ["0 2 * * 1-5", (5 * 365) / 7],
  ["0 0 1 * *", (365 * 1) / 31],
  ["@every 12h", 730],
  // Seconds first, as CloudNativePG writes it.
  ["0 0 2 * * *", 365],
  ["TZ=Europe/London 0 2 * * *", 365],
])("%s: %s times a year", (schedule, runs) => {
  expect(runsPerYear(schedule)).toBeCloseTo(runs);
});

test.each(["", "nightly", "{{ .Values.schedule }}", "0 2"])("%s: nobody can tell", (schedule) => {
  expect(runsPerYear(schedule)).toBeUndefined();
});

test("retentions of one kind compare", () => {
  expect(retentionOf("720h")).toBe(retentionOf("30d"));
  expect(retentionOf("720h0m0s")).toBe(720);
  expect(retentionOf(7)).toBe(7);
  expect(retentionOf("forever")).toBeUndefined();
});
