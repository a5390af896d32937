import type { ChildProcess } from "node:child_process";
import { subscribe } from "node:diagnostics_channel";

/** What some work took, in milliseconds on the clock. */
export interface Times {
  readonly all: number;
  /** In which at least one program that renders was running. */
  readonly rendering: number;
}

let running = 0;
let since = 0;
let busy = 0;

subscribe("child_process", (message) => {
  if (running++ === 0) since = performance.now();
  (message as { process: ChildProcess }).process.once("close", () => {
    if (--running === 0) busy += performance.now() - since;
  });
});

/** Does some work, and says what it took. Only one at a time is told apart. */
export async function timed<T>(
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly times: Times }> {
  const [start, before] = [performance.now(), busy];
  const result = await work();
  return { result, times: { all: performance.now() - start, rendering: busy - before } };
}
