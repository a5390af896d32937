import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { chown, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { freePort } from "../../scripts/crash-test/app-process.ts";
import { openQueue } from "../../src/queue/index.ts";
import type { Queue } from "../../src/queue/index.ts";
import { slowCommits } from "./slow-commits.ts";
import { manual, request, silent } from "./support.ts";

/**
 * The same queue on a Postgres that two processes share. It runs where DATABASE_URL_TEST names a database of its own,
 * or where Postgres is installed; in CI it must be one of both.
 */

jest.setTimeout(120_000);

/** Postgres refuses to run as root: there it runs as `nobody`. */
const NOBODY = 65_534;
const asRoot = process.getuid?.() === 0;
const run = (command: string, parameters: string[]) =>
  promisify(execFile)(command, parameters, asRoot ? { uid: NOBODY, gid: NOBODY, cwd: tmpdir() } : {});
const given = process.env["DATABASE_URL_TEST"];
const installed = await run("pg_ctl", ["--version"]).then(
  () => true,
  () => false,
);
const there = given !== undefined || installed || process.env["CI"] !== undefined;

/** A server on a socket of its own, gone at the end. */
async function startPostgres(): Promise<{ url: string; stop: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "nines-postgres-"));
  if (asRoot) await chown(folder, NOBODY, NOBODY);
  const port = await freePort();
  const data = join(folder, "data");
  await run("initdb", ["--pgdata", data, "--auth", "trust", "--username", "nines", "--no-sync"]);
  const options = `-c listen_addresses=127.0.0.1 -c port=${port} -c unix_socket_directories=${folder}`;
  await run("pg_ctl", [
    "--pgdata",
    data,
    "--wait",
    "--log",
    join(folder, "log"),
    "--options",
    options,
    "start",
  ]);
  return {
    url: `postgres://nines@127.0.0.1:${port}/postgres`,
    stop: async () => {
      await run("pg_ctl", ["--pgdata", data, "--mode", "immediate", "stop"]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

(there ? describe : describe.skip)("two processes on one Postgres", () => {
  let server: { url: string; stop: () => Promise<void> };
  let queues: Queue[] = [];
  // Both work for the same hands: which of them took a job does not matter.
  const { handlers, nextReview, nextDelivery, waiting } = manual();

  beforeAll(async () => {
    server = given === undefined ? await startPostgres() : { url: given, stop: () => Promise.resolve() };
    for (let count = 0; count < 2; count++) {
      const queue = await openQueue({
        store: { kind: "postgres", url: server.url },
        concurrency: 1,
        log: silent,
      });
      queues.push(queue);
      await queue.work(handlers);
    }
  });
  afterAll(async () => {
    await Promise.all(queues.map((queue) => queue.stop(0)));
    queues = [];
    await server.stop();
  });

  test("share the work, each pull request in one of them", async () => {
    const [first, second] = [request(), request()];
    await queues[0]!.addReview(first);
    await queues[0]!.addReview(second);
    const calls = [await nextReview(), await nextReview()];
    expect(new Set(calls.map(({ input }) => input.pull))).toEqual(new Set([first.pull, second.pull]));
    for (const call of calls) call.end();
  });

  test("know each other's deliveries", async () => {
    const delivery = { id: randomUUID(), name: "ping", payload: "{}" };
    expect(await queues[0]!.addDelivery(delivery)).toBe("added");
    expect(await queues[1]!.addDelivery(delivery)).toBe("known");
    const call = await nextDelivery();
    expect(call.input).toEqual(delivery);
    call.end();
  });

  test("abort a review for a newer request, whoever took that in, and lose no comment of requests that meet", async () => {
    const asked = request({ comments: [0] });
    await queues[0]!.addReview(asked);
    const running = await nextReview();
    const comments = Array.from({ length: 10 }, (_, index) => index + 1);
    await Promise.all(
      comments.map((comment) => queues[comment % 2]!.addReview({ ...asked, comments: [comment] })),
    );
    // Some were fetched already when the next came, and are aborted in their turn: the last one knows all comments.
    let next = await nextReview();
    while ((next.input.comments?.length ?? 0) <= comments.length) next = await nextReview();
    expect(running.signal.aborted).toBe(true);
    expect(next.input.comments?.toSorted((a, b) => a - b)).toEqual([0, ...comments]);
    next.end();
    expect(waiting()).toBe(0);
  });

  test("hand over what one of them was working on when it stops", async () => {
    const asked = request();
    await queues[0]!.addReview(asked);
    const running = await nextReview();
    await Promise.all([queues[0]!.drain(0), queues[1]!.drain(0)]);
    expect(running.signal.aborted).toBe(true);
    const third = await openQueue({
      store: { kind: "postgres", url: server.url },
      concurrency: 1,
      log: silent,
    });
    queues.push(third);
    await third.work(handlers);
    const again = await nextReview();
    expect(again.input).toEqual(asked);
    again.end();
  });
});

(there ? test : test.skip)(
  "a review that starts before the request is answered is not taken for an older one",
  async () => {
    const server =
      given === undefined ? await startPostgres() : { url: given, stop: () => Promise.resolve() };
    const slow = await slowCommits(server.url, 300);
    const { handlers, nextReview } = manual();
    const queue = await openQueue({
      store: { kind: "postgres", url: slow.url },
      concurrency: 1,
      log: silent,
    });
    try {
      await queue.work(handlers);
      const adding = queue.addReview(request());
      const call = await nextReview();
      await adding;
      expect(call.signal.aborted).toBe(false);
      call.end();
    } finally {
      await queue.stop(1_000);
      await slow[Symbol.asyncDispose]();
      await server.stop();
    }
  },
);

test("a database that does not answer is said in words", async () => {
  const port = await freePort();
  const opening = openQueue({
    store: { kind: "postgres", url: `postgres://x@127.0.0.1:${port}/x` },
    concurrency: 1,
    log: silent,
  });
  await expect(opening).rejects.toThrow(/ECONNREFUSED|database/);
});
