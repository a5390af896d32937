/** The queue: what came in from GitHub, and the reviews to make. It survives the process. */
export { openQueue } from "./queue.ts";
export type { QueueOptions } from "./queue.ts";
export type { Tries } from "./reviews.ts";
export { RetryLater } from "./retry-later.ts";
export type { Delivery, Handlers, JobCount, Queue, ReviewKey, ReviewRequest } from "./types.ts";
