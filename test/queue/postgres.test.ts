import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { freePort } from "../../scripts/crash-test/app-process.ts";
import { openQueue } from "../../src/queue/index.ts";
import type { Queue } from "../../src/queue/index.ts";
import { manual, request, silent } from "./support.ts";

/**
 * The same queue on a Postgres that two processes share. It runs where DATABASE_URL_TEST names a database of its own,
 * or where Postgres is installed and may be started (it refuses to run as root).
 */

jest.setTimeout(120_000);

const run = promisify(execFile);
const given = process.env["DATABASE_URL_TEST"];
const installed = await run("pg_ctl", ["--version"]).then(
  () => process.getuid?.() !== 0,
  () => false,
);
const needed = process.env["CI"] !== undefined && given !== undefined;
const there = needed || given !== undefined || installed;

/** A server on a socket of its own, gone at the end. */
async function startPostgres(): Promise<{ url: string; stop: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "nines-postgres-"));
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
  const one = manual();
  const other = manual();

  beforeAll(async () => {
    server = given === undefined ? await startPostgres() : { url: given, stop: () => Promise.resolve() };
    for (const { handlers } of [one, other]) {
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

  test("share the work, and one pull request is never worked by both", async () => {
    const [first, second] = [request({ repo: randomUUID() }), request({ repo: randomUUID() })];
    await queues[0]!.addReview(first);
    const a = await Promise.race([one.nextReview(), other.nextReview()]);
    await queues[0]!.addReview(second);
    const b = await Promise.race([one.nextReview(), other.nextReview()]);
    expect(new Set([a.input.repo, b.input.repo])).toEqual(new Set([first.repo, second.repo]));
    a.end();
    b.end();
  });

  test("know each other's deliveries", async () => {
    const delivery = { id: randomUUID(), name: "ping", payload: "{}" };
    expect(await queues[0]!.addDelivery(delivery)).toBe("added");
    expect(await queues[1]!.addDelivery(delivery)).toBe("known");
    const call = await Promise.race([one.nextDelivery(), other.nextDelivery()]);
    expect(call.input).toEqual(delivery);
    call.end();
  });
});

test("a database that does not answer is said in words", async () => {
  const port = await freePort();
  const opening = openQueue({
    store: { kind: "postgres", url: `postgres://x@127.0.0.1:${port}/x` },
    concurrency: 1,
    log: silent,
  });
  await expect(opening).rejects.toThrow(/ECONNREFUSED|database/);
});
