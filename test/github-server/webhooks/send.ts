import { createHmac, randomUUID } from "node:crypto";
import { installationOf, timestamp, type Host } from "../host.ts";
import type { Json } from "../shapes/examples.ts";
import type { Delivery, RepositoryState } from "../state.ts";

export interface Target {
  url: string;
  secret: string;
}

export interface NewEvent {
  event: string;
  action: string | null;
  repository: RepositoryState | null;
  payload: Json;
}

export interface Webhooks {
  /** Where events go; null: they are recorded as failed. */
  target: Target | null;
  /** How long the target has to answer. */
  timeoutMs: number;
  /** The next n events never reach the target. */
  lose(n?: number): void;
  /** The next n events reach the target twice, with the same GUID. */
  double(n?: number): void;
  /** Keeps events back until {@link release}. */
  hold(): void;
  release(order?: { reverse?: boolean }): void;
  /** Resolves when nothing is on its way any more. */
  idle(): Promise<void>;
  send(event: NewEvent): void;
  /** Sends again, with the same GUID. */
  redeliver(delivery: Delivery): void;
  /** Gives up what is on its way. */
  stop(): void;
}

/** Source: docs, "Webhooks best practices": the target has 10 seconds. */
export const TIMEOUT_MS = 10_000;
/** Source: docs, "Webhook events and payloads", payload cap: a larger payload is never sent. */
const PAYLOAD_BYTES = 25 * 1024 * 1024;

const sign = (secret: string, algorithm: string, body: Buffer): string =>
  `${algorithm}=${createHmac(algorithm, secret).update(body).digest("hex")}`;

function headersOf(host: Host, delivery: Delivery, secret: string, body: Buffer): Record<string, string> {
  return {
    "content-type": "application/json",
    "user-agent": "GitHub-Hookshot/0000000",
    "x-github-event": delivery.event,
    "x-github-delivery": delivery.guid,
    "x-github-hook-id": "1",
    "x-github-hook-installation-target-id": String(host.settings.appId),
    "x-github-hook-installation-target-type": "integration",
    "x-hub-signature": sign(secret, "sha1", body),
    "x-hub-signature-256": sign(secret, "sha256", body),
  };
}

type Outcome = Pick<Delivery, "status" | "statusCode">;

/** A target that does not answer has no status code: 0, which a filter by status code misses. */
const TIMED_OUT: Outcome = { status: "timed out", statusCode: 0 };
const UNREACHABLE: Outcome = { status: "failed to connect to host", statusCode: 502 };

interface Message {
  headers: Record<string, string>;
  body: Buffer;
}

async function post(
  target: Target,
  { headers, body }: Message,
  timeoutMs: number,
  stopping: AbortSignal,
): Promise<Outcome> {
  const deadline = AbortSignal.timeout(timeoutMs);
  const signal = AbortSignal.any([stopping, deadline]);
  try {
    const response = await fetch(target.url, { method: "POST", headers, body: new Uint8Array(body), signal });
    await response.arrayBuffer();
    return {
      status: response.ok ? "OK" : `Invalid HTTP Response: ${response.status}`,
      statusCode: response.status,
    };
  } catch {
    return deadline.aborted ? TIMED_OUT : UNREACHABLE;
  }
}

function newDelivery(host: Host, { event, action, repository, payload }: NewEvent): Delivery {
  return {
    id: host.nextId(),
    guid: randomUUID(),
    deliveredAt: timestamp(host),
    redelivery: false,
    durationSeconds: 0,
    status: "pending",
    statusCode: 0,
    event,
    action,
    installationId: repository ? installationOf(host, repository.owner).id : null,
    repositoryId: repository?.id ?? null,
    payload,
  };
}

/** GitHub never sends by itself again what was not answered. */
export function createWebhooks(host: () => Host, target: Target | null, timeoutMs: number): Webhooks {
  const stopping = new AbortController();
  const onTheWay = new Set<Promise<void>>();
  let held: Delivery[] | null = null;
  const next = { lost: 0, doubled: 0 };

  const attempt = async (delivery: Delivery): Promise<void> => {
    const body = Buffer.from(JSON.stringify(delivery.payload));
    if (!webhooks.target || body.length > PAYLOAD_BYTES) return void Object.assign(delivery, UNREACHABLE);
    const started = performance.now();
    const headers = headersOf(host(), delivery, webhooks.target.secret, body);
    Object.assign(
      delivery,
      await post(webhooks.target, { headers, body }, webhooks.timeoutMs, stopping.signal),
    );
    delivery.durationSeconds = (performance.now() - started) / 1000;
  };
  const launch = (delivery: Delivery): void => {
    const flight = attempt(delivery);
    onTheWay.add(flight);
    void flight.finally(() => onTheWay.delete(flight));
  };
  const dispatch = (delivery: Delivery): void => {
    if (next.lost > 0) {
      next.lost--;
      Object.assign(delivery, UNREACHABLE);
      return;
    }
    launch(delivery);
    if (next.doubled > 0) {
      next.doubled--;
      // A copy: the log shows one delivery, as GitHub's does.
      launch({ ...delivery });
    }
  };
  const webhooks: Webhooks = {
    target,
    timeoutMs,
    lose: (n = 1) => void (next.lost += n),
    double: (n = 1) => void (next.doubled += n),
    hold: () => void (held ??= []),
    release: ({ reverse = false } = {}) => {
      const waiting = held ?? [];
      held = null;
      for (const delivery of reverse ? waiting.toReversed() : waiting) dispatch(delivery);
    },
    idle: async () => {
      while (onTheWay.size > 0) await Promise.all(onTheWay);
    },
    send: (event) => {
      const delivery = newDelivery(host(), event);
      host().deliveries.push(delivery);
      if (held) held.push(delivery);
      else dispatch(delivery);
    },
    redeliver: (delivery) => {
      const again = { ...delivery, id: host().nextId(), deliveredAt: timestamp(host()), redelivery: true };
      host().deliveries.push(again);
      dispatch(again);
    },
    stop: () => stopping.abort(),
  };
  return webhooks;
}
