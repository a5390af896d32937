import { expect, test } from "@jest/globals";
import { object } from "../../src/engine/json.ts";
import { preStopOf } from "../../src/engine/termination.ts";
import type { Json } from "../../src/engine/types.ts";

function secondsOf(preStop: Json): number | undefined {
  return preStopOf({ name: "web", spec: object({ lifecycle: { preStop } }), path: [], role: "app" })?.seconds;
}

const exec = (...command: string[]) => ({ exec: { command } });

test.each<[string, Json, number]>([
  ["the built-in sleep", { sleep: { seconds: 15 } }, 15],
  ["sleep", exec("sleep", "30"), 30],
  ["sleep with its path and a unit", exec("/bin/sleep", "1m"), 60],
  ["a shell", exec("sh", "-c", " sleep 60"), 60],
  ["a shell that goes on", exec("/bin/bash", "-c", "sleep 5 && nginx -s quit; sleep 10"), 15],
  ["options together", exec("/bin/sh", "-ec", "echo bye; /bin/sleep 2.5"), 2.5],
])("tells how long the hook takes: %s", (_, preStop, seconds) => {
  expect(secondsOf(preStop)).toBe(seconds);
});

test.each<[string, Json]>([
  ["a request", { httpGet: { path: "/drain", port: 8080 } }],
  ["another program", exec("/app/drain", "--timeout=20")],
  ["a loop", exec("sh", "-c", "while nc -z localhost 80; do sleep 1; done")],
  ["a variable", exec("sh", "-c", "sleep $DRAIN")],
  ["the background", exec("sh", "-c", "sleep 30 & exit 0")],
  ["an alternative", exec("sh", "-c", "quit || sleep 30")],
  ["a template", { sleep: { seconds: "{{ .drain }}" } }],
])("does not guess how long the hook takes: %s", (_, preStop) => {
  expect(secondsOf(preStop)).toBeUndefined();
});
