import { expect, test } from "@jest/globals";
import { alertsOf } from "../../src/engine/alerts.ts";
import { one, readAll } from "./files.ts";

const RULE_FILE = `groups:
  - name: api
    rules:
      - alert: ApiDown
        expr: up{job="api"} == 0
        for: 5m
        labels: { severity: critical }
        annotations: { summary: "{{ $labels.job }} is down" }
      - record: job:up
        expr: sum by (job) (up)
`;

test("a rule file is read as one object, and its alerts know their lines", () => {
  const [alert, ...others] = alertsOf(one(RULE_FILE));
  expect(others).toEqual([]);
  expect([alert?.name, alert?.wait, alert?.labels["severity"]]).toEqual(["ApiDown", "5m", "critical"]);
  expect((["expr", "for", "severity", undefined] as const).map((field) => alert?.locate(field).line)).toEqual(
    [5, 6, 7, 4],
  );
});

test("a rule file is named by its path", () => {
  const { manifests } = readAll(RULE_FILE, { path: "rules/api.yml" });
  expect(manifests.map(({ ref }) => ref)).toEqual(["RuleFile/rules/api.yml"]);
});

test("alerts in the text of a ConfigMap know their lines", () => {
  const text = `apiVersion: v1
kind: ConfigMap
metadata: { name: rules }
data:
  other.yaml: "a: b"
  api.yaml: |
${RULE_FILE.replace(/^/gm, "    ")}`;
  const [alert] = alertsOf(one(text));
  expect([alert?.locate().line, alert?.locate("for").line]).toEqual([10, 12]);
});

test("values of a chart hold alerts too", () => {
  const text = `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: { name: exporter }
spec:
  values:
    prometheusRule:
      rules:
        - alert: HostDown
          expr: probe_success == 0
`;
  expect(alertsOf(one(text)).map(({ name }) => name)).toEqual(["HostDown"]);
});

test.each([
  ["settings with groups of something else", "groups:\n  - name: admins\n    members: [{ alert: yes }]\n"],
  ["a workflow", "on: push\njobs: {}\n"],
])("%s is not a rule file", (_, text) => {
  expect(readAll(text)).toEqual({ manifests: [], notes: [] });
});
