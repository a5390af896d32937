import { fastify } from "fastify";
import type { FastifyInstance } from "fastify";
import type { Queue } from "../queue/index.ts";
import { intake } from "./intake.ts";
import type { IntakeOptions } from "./intake.ts";
import type { Metrics } from "../metrics.ts";

export interface HttpOptions extends IntakeOptions {
  readonly queue: Pick<Queue, "addDelivery" | "ready">;
  readonly metrics: Metrics;
  /** Turns true when the process was told to end. */
  readonly draining: () => boolean;
}

/** The HTTP side: the webhook intake, and what the cluster and the monitoring ask for. Not listening yet. */
export function createHttp(options: HttpOptions): FastifyInstance {
  const { queue, metrics, draining, log } = options;
  const server = fastify({
    // Requests under way are answered when the server closes; new ones on kept connections are not.
    forceCloseConnections: "idle",
    // A sender that stalls must not hold a connection for ever.
    connectionTimeout: 30_000,
    requestTimeout: 30_000,
  });
  server.setErrorHandler((error, _request, reply) => {
    const status = statusOf(error);
    if (status >= 500) log.error({ err: error }, "a request failed");
    else metrics.deliveries.inc({ event: "other", outcome: status === 413 ? "too-large" : "refused" });
    return reply
      .code(status)
      .send({ message: status === 413 ? "Payloads are at most 25 MB." : messageOf(error, status) });
  });
  intake(server, options);
  server.get("/healthz", () => ({ status: "ok" }));
  server.get("/readyz", async (_request, reply) => {
    if (draining()) return reply.code(503).send({ status: "draining" });
    if (!(await queue.ready())) return reply.code(503).send({ status: "the queue does not answer" });
    return { status: "ok" };
  });
  server.get("/metrics", async (_request, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  );
  return server;
}

function statusOf(error: unknown): number {
  const status = (error as { statusCode?: unknown }).statusCode;
  return typeof status === "number" && status >= 400 ? status : 500;
}

const messageOf = (error: unknown, status: number): string =>
  status < 500 && error instanceof Error ? error.message : "Something went wrong here.";
