import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import type { Handlers, ReviewRequest } from "../../src/queue/index.ts";

export const silent = pino({ level: "silent" });

/** A folder that goes away with the scope that holds it. */
export async function folder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), "nines-queue-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** A call that a handler received and that the test lets go. */
export interface Call<Input> {
  readonly input: Input;
  readonly signal: AbortSignal;
  readonly lastTry: boolean;
  end(error?: Error): void;
}

/** Handlers whose calls the test takes one by one and ends when it likes. */
export function manual() {
  const reviews = channel<Call<ReviewRequest>>();
  const deliveries = channel<Call<Parameters<Handlers["delivery"]>[0]>>();
  const handlers: Handlers = {
    delivery: (input, signal) => call(deliveries.put, input, signal, false),
    review: (input, signal, lastTry) => call(reviews.put, input, signal, lastTry),
  };
  return { handlers, nextReview: reviews.take, nextDelivery: deliveries.take, waiting: reviews.size };
}

function call<Input>(
  put: (call: Call<Input>) => void,
  input: Input,
  signal: AbortSignal,
  lastTry: boolean,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  put({ input, signal, lastTry, end: (error) => (error ? reject(error) : resolve(undefined)) });
  signal.addEventListener("abort", () => reject(signal.reason as Error));
  return promise;
}

function channel<Item>() {
  const items: Item[] = [];
  const takers: ((item: Item) => void)[] = [];
  return {
    put: (item: Item) => {
      const taker = takers.shift();
      if (taker) taker(item);
      else items.push(item);
    },
    take: (): Promise<Item> => {
      const item = items.shift();
      return item === undefined ? new Promise((resolve) => takers.push(resolve)) : Promise.resolve(item);
    },
    size: () => items.length,
  };
}

let number = 0;

/** A request for a pull request that no other test uses. */
export function request(changes: Partial<ReviewRequest> = {}): ReviewRequest {
  return { installation: 7, owner: "acme", repo: "shop", pull: ++number, delivery: "d", ...changes };
}
