import { setTimeout as wait } from "node:timers/promises";

const POLL_MS = 10;

/** Resolves when something has come true that nobody tells; the test's own time limit ends it otherwise. It leaves the processor to who works. */
export async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await wait(POLL_MS);
}
