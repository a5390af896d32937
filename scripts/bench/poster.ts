/** Started by the benchmark: posts webhooks until its input ends, then prints how long each took to be answered. */
import { createHmac, randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";

const PAUSE_MS = 50;

const { url, secret } = JSON.parse(process.argv[2] ?? "") as { url: string; secret: string };

/** A wanted event, so that it is stored and worked, about a pull request that nobody reviews. */
const bodyOf = (number: number) =>
  JSON.stringify({
    action: "closed",
    installation: { id: 1 },
    repository: { name: "elsewhere", owner: { login: "acme" } },
    pull_request: { number },
  });

async function post(number: number): Promise<number> {
  const body = bodyOf(number);
  const headers = {
    "content-type": "application/json",
    "x-github-event": "pull_request",
    "x-github-delivery": randomUUID(),
    "x-hub-signature-256": `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`,
  };
  const began = performance.now();
  const response = await fetch(url, { method: "POST", headers, body });
  await response.arrayBuffer();
  if (response.status !== 202) throw new Error(`A webhook was answered with ${response.status}.`);
  return performance.now() - began;
}

const over = new AbortController();
process.stdin.resume().on("end", () => over.abort());

const times: number[] = [];
for (let number = 1; !over.signal.aborted; number++) {
  times.push(await post(number));
  await wait(PAUSE_MS);
}
// The first one opens the connection.
process.stdout.write(JSON.stringify(times.slice(1)));
