/** A review that somebody asked for. Plain data: it is stored as JSON. */
export interface ReviewRequest {
  readonly installation: number;
  readonly owner: string;
  readonly repo: string;
  /** The pull request's number; or, for a merge group, its commits. */
  readonly pull?: number;
  readonly mergeGroup?: { readonly head: string; readonly base: string; readonly ref: string };
  /** Makes new check runs although nothing changed: the id of what asked (a re-run, a command). */
  readonly attempt?: string;
  /**
   * Comments that asked for it (`/nines recheck`), to be acknowledged by the worker when the review is done.
   * Several, because a waiting request takes over those of the one it replaces.
   */
  readonly comments?: readonly number[];
  /** X-GitHub-Delivery of the webhook that led here, for logs and as the request id in messages. */
  readonly delivery: string;
  /** How often the process died while it worked on this request. */
  readonly crashes?: number;
}

/** What names a pull request or merge group; requests for the same one are never worked on at once. */
export type ReviewKey = Pick<ReviewRequest, "installation" | "owner" | "repo" | "pull" | "mergeGroup">;

/** A webhook as GitHub sent it, its signature checked. */
export interface Delivery {
  /** X-GitHub-Delivery. A redelivery has the same. */
  readonly id: string;
  /** X-GitHub-Event. */
  readonly name: string;
  /** Raw JSON. */
  readonly payload: string;
}

export interface Handlers {
  /** The delivery counts as worked when this returns; until then it is worked again after a crash. */
  readonly delivery: (delivery: Delivery, signal: AbortSignal) => Promise<void>;
  /** `lastTry`: if the review fails this time, its author is to be told; throwing means that not even that worked. */
  readonly review: (request: ReviewRequest, signal: AbortSignal, lastTry: boolean) => Promise<void>;
}

export interface JobCount {
  readonly queue: "deliveries" | "reviews";
  readonly state: "waiting" | "running" | "failed";
  readonly count: number;
  /** Age in seconds of the oldest of them. */
  readonly oldest: number;
}

export interface Queue {
  /** Returns once the delivery is on disk. One whose work is waiting, running or done is `known`. */
  addDelivery(delivery: Delivery): Promise<"added" | "known">;
  /** At most one waiting and one running per pull request: the newest replaces the waiting one and aborts the running one. */
  addReview(request: ReviewRequest): Promise<void>;
  /**
   * Adds a review that nobody asked for, behind all that somebody did; nothing where one for its pull request waits or
   * runs already.
   */
  addMissing(request: ReviewRequest): Promise<"added" | "known">;
  /** Drops what waits for a pull request and aborts what runs. */
  cancelReviews(key: ReviewKey): Promise<void>;
  /** Starts working. Called once. */
  work(handlers: Handlers): Promise<void>;
  /** Whether the storage answers and the queue is not stopping. */
  ready(): Promise<boolean>;
  counts(): Promise<readonly JobCount[]>;
  /** Stops working: lets running jobs end for at most `graceMs` and puts the others back. What comes in is still stored. */
  drain(graceMs: number): Promise<void>;
  /** Drains and closes the storage. */
  stop(graceMs: number): Promise<void>;
}
