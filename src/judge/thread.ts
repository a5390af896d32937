/** The thread in which changes are judged: it gets trees and a policy, and gives a report back. Started by `start.ts`. */
import type { ChildProcess } from "node:child_process";
import { subscribe } from "node:diagnostics_channel";
import { constants, setPriority } from "node:os";
import { parentPort } from "node:worker_threads";
import type { Blob } from "../engine/types.ts";
import { render } from "../renderers/index.ts";
import { review } from "../review.ts";
import { unpack, type News, type Order } from "./messages.ts";

const port = parentPort;
if (!port) throw new Error("This file runs as a thread only.");

// Webhooks are answered by the main thread, and go first. Only on Linux is 0 this thread (and what it starts); elsewhere it is the
// process: setpriority(2), "C library/kernel differences".
if (process.platform === "linux") setPriority(0, constants.priority.PRIORITY_BELOW_NORMAL);

const tell = (news: News) => port.postMessage(news);

subscribe("child_process", (message) => {
  const { process: child } = message as { process: ChildProcess };
  // It has its id as soon as what runs now is over.
  queueMicrotask(() => {
    const { pid } = child;
    if (pid === undefined) return;
    tell({ kind: "started", pid });
    child.once("exit", () => tell({ kind: "ended", pid }));
  });
});

let blobs: Blob[] = [];

port.on("message", (order: Order) => {
  if (order.kind === "blobs") {
    blobs = [...blobs, ...order.blobs];
    return;
  }
  const own = blobs;
  blobs = [];
  judge(order, own).then(tell, (error: unknown) => {
    const { message, stack = "" } = error instanceof Error ? error : new Error(String(error));
    tell({ kind: "failed", message, stack });
  });
});

async function judge(order: Extract<Order, { kind: "review" }>, own: readonly Blob[]): Promise<News> {
  // Of this thread alone: its environment is a copy. `os.tmpdir()` asks for these.
  for (const name of ["TMPDIR", "TEMP", "TMP"]) process.env[name] = order.scratch;
  const [base, head] = [unpack(order.base, own), unpack(order.head, own)];
  return { kind: "report", report: await review(base, head, order.policy, render) };
}
