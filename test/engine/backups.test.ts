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
  const hours = (value: unknown, field = "ttl") => {
    const found = retentionOf(value, field);
    return found?.unit === "hours" ? found.amount : undefined;
  };
  expect(hours("720h")).toBe(hours("30d"));
  expect(hours("720h0m0s")).toBe(720);
  expect(hours("1h30m")).toBe(1.5);
  expect(hours("2 weeks")).toBe(336);
  expect(hours("3 months")).toBe(2160);
  expect(hours("6m")).toBe(0.1);
  expect(hours("6m", "retentionPolicy")).toBe(4320);
  expect(retentionOf(7, "keep")).toEqual({ amount: 7, unit: "copies" });
  expect(retentionOf("7", "keep")).toEqual({ amount: 7, unit: "copies" });
  expect(retentionOf("forever", "ttl")).toBeUndefined();
});
