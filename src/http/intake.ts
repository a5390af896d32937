import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import type { Metrics } from "../metrics.ts";
import type { Queue } from "../queue/index.ts";
import { isSigned } from "./signature.ts";

/** Larger payloads are never sent (docs: webhook events and payloads, payload cap). */
const MAX_BODY = 25 * 1024 * 1024;

export interface IntakeOptions {
  readonly queue: Pick<Queue, "addDelivery">;
  readonly secrets: readonly string[];
  /** `event.action` or `event`: what a handler is there for. Everything else is answered and forgotten. */
  readonly wanted: ReadonlySet<string>;
  readonly metrics: Pick<Metrics, "deliveries">;
  readonly log: Logger;
}

/** What the intake says about one request. */
interface Answer {
  readonly status: 202 | 400 | 401 | 415 | 503;
  readonly outcome: string;
  readonly message: string;
}

const answer = (status: Answer["status"], outcome: string, message: string): Answer => ({
  status,
  outcome,
  message,
});

/**
 * `POST /api/github/webhooks`: checks, persists, answers. Our own and not Probot's, which answers before the work is
 * safe; GitHub does not send again what got lost.
 */
export function intake(server: FastifyInstance, options: IntakeOptions): void {
  void server.register((scope, _options, done) => {
    // Raw bytes: the signature is over them, and a parsed and rewritten body is another one.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "buffer", bodyLimit: MAX_BODY }, (_request, body, parsed) =>
      parsed(null, body),
    );
    scope.post("/api/github/webhooks", { bodyLimit: MAX_BODY }, (request, reply) =>
      receive(request, reply, options),
    );
    done();
  });
}

async function receive(
  request: FastifyRequest,
  reply: FastifyReply,
  options: IntakeOptions,
): Promise<FastifyReply> {
  const name = header(request, "x-github-event");
  const id = header(request, "x-github-delivery");
  // Only names that we know become labels: a sender could make up any number of others.
  const known = [...options.wanted].some((event) => event === name || event.startsWith(`${name}.`));
  const { status, outcome, message } = await judge(request, { name, id, known }, options);
  options.metrics.deliveries.inc({ event: known ? name : "other", outcome });
  options.log[status === 202 ? "debug" : "warn"]({ delivery: id, event: name, outcome }, message);
  return reply.code(status).send({ message });
}

async function judge(
  request: FastifyRequest,
  { name, id, known }: { name: string; id: string; known: boolean },
  { queue, secrets, wanted, log }: IntakeOptions,
): Promise<Answer> {
  const signature = header(request, "x-hub-signature-256");
  const missing = Object.entries({
    "X-GitHub-Event": name,
    "X-GitHub-Delivery": id,
    "X-Hub-Signature-256": signature,
  }).flatMap(([header, value]) => (value === "" ? [header] : []));
  if (missing.length > 0) return answer(400, "headers", `This is no webhook: ${missing.join(", ")} missing.`);
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  if (!isSigned(body, signature, secrets))
    return answer(
      401,
      "signature",
      "The signature does not match. Is the webhook secret the same on both sides?",
    );
  if (!header(request, "content-type").startsWith("application/json"))
    return answer(415, "content-type", "Set the app's webhook content type to application/json.");
  if (!known) return answer(202, "dropped", "Nothing is done about this event.");
  const text = body.toString("utf8");
  const payload = parse(text);
  if (payload === undefined) return answer(400, "json", "The body is not a JSON object.");
  if (!wanted.has(name) && !wanted.has(`${name}.${payload.action}`))
    return answer(202, "dropped", "Nothing is done about this event.");
  if (payload.installation === undefined) {
    log.info({ delivery: id, event: name }, "dropped: the payload names no installation");
    return answer(202, "dropped", "The payload names no installation.");
  }
  try {
    const outcome = await queue.addDelivery({ id, name, payload: text });
    return answer(202, outcome, outcome === "added" ? "To be worked." : "Known already.");
  } catch (error) {
    log.error({ err: error, delivery: id, event: name }, "a delivery could not be stored");
    return answer(503, "storage", "The delivery could not be stored. Send it again.");
  }
}

function header(request: FastifyRequest, name: string): string {
  const value = request.headers[name];
  return typeof value === "string" ? value : "";
}

function parse(text: string): { action: string; installation?: number } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    const { action, installation } = value as { action?: unknown; installation?: { id?: unknown } | null };
    const id = installation?.id;
    return {
      action: typeof action === "string" ? action : "",
      ...(typeof id === "number" ? { installation: id } : {}),
    };
  } catch {
    return undefined;
  }
}
