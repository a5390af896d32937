import { expect, test } from "@jest/globals";
import { fillAlertsOf } from "../../src/engine/fill-level.ts";
import { one } from "./files.ts";

const rule = (expr: string) =>
  one(`groups:\n  - name: disks\n    rules:\n      - alert: Full\n        expr: ${JSON.stringify(expr)}\n`);

const AVAIL = 'node_filesystem_avail_bytes{fstype!="tmpfs"}';
const SIZE = 'node_filesystem_size_bytes{fstype!="tmpfs"}';

test.each([
  [`${AVAIL} / ${SIZE} * 100 < 3 and node_filesystem_readonly == 0`, "node", 97],
  [`(${SIZE} - ${AVAIL}) / ${SIZE} > 0.9`, "node", 90],
  [`100 - (${AVAIL} * 100 / ${SIZE}) > 85`, "node", 85],
  [`100 - (100 * ${AVAIL} / ${SIZE}) >= 85`, "node", 85],
  [`100 - 100 * (${AVAIL} / ${SIZE}) >= 85`, "node", 85],
  [`0.15 > min by (instance) (${AVAIL} / ${SIZE})`, "node", 85],
  ["kubelet_volume_stats_used_bytes / kubelet_volume_stats_capacity_bytes > 0.8", "volume", 80],
  [
    "max(kubelet_volume_stats_available_bytes) / max(kubelet_volume_stats_capacity_bytes) < 0.1",
    "volume",
    90,
  ],
  // It fires when there is room.
  [`${AVAIL} / ${SIZE} > 0.5`, "node", undefined],
  [`predict_linear(${AVAIL}[6h], 3600) < 0`, "node", undefined],
  ["node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes < 0.1", "node", undefined],
  [`count(${AVAIL} / ${SIZE} < 0.1) > 3`, "node", undefined],
])("%s: %s from %s %%", (expr, store, percent) => {
  const found = fillAlertsOf([rule(expr)]).map((alert) => [alert.store, alert.percent]);
  expect(found).toEqual(percent === undefined ? [] : [[store, percent]]);
});
