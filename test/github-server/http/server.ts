import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { Host } from "../host.ts";
import { identify } from "./auth.ts";
import { carryOut } from "./authorize.ts";
import type { Call } from "./calls.ts";
import { HttpError, notFound } from "./errors.ts";
import type { FaultResponse } from "./faults.ts";
import { asObject, type Body } from "./fields.ts";
import type { Resource } from "./rate-limits.ts";
import type { Answer, ApiRequest, Found, Router } from "./router.ts";

/** The OpenAPI validator; each method throws on what does not fit. */
export interface Contract {
  request(method: string, template: string, body: unknown): void;
  answer(method: string, template: string, answer: Answer): void;
}

export interface Parts {
  router: Router;
  contract: Contract | null;
  /** Pages for people: tried first, without credentials. */
  view(path: string): Promise<string | null>;
  operationOf(body: Body): string | null;
}

/** The same server can stand for github.com and for GitHub Enterprise Server. */
function canonical(path: string): string {
  if (path === "/api/graphql") return "/graphql";
  return path.startsWith("/api/v3/") ? path.slice("/api/v3".length) : path;
}

async function readBody(message: IncomingMessage): Promise<Body | HttpError> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  if (text === "") return {};
  try {
    return asObject(JSON.parse(text));
  } catch (error) {
    return error instanceof HttpError ? error : new HttpError(400, { message: "Problems parsing JSON" });
  }
}

/** One call on its way through the server. */
interface Exchange {
  message: IncomingMessage;
  response: ServerResponse;
  url: URL;
  found: Found | undefined;
  body: Body | HttpError;
  call: Omit<Call, "status">;
  resource: Resource;
}

async function receive(parts: Parts, url: URL, message: IncomingMessage, response: ServerResponse) {
  const method = message.method ?? "GET";
  const found = parts.router.find(method, canonical(url.pathname));
  const resource: Resource = found?.route.template === "/graphql" ? "graphql" : "core";
  const body = await readBody(message);
  const operation = resource === "graphql" && !(body instanceof HttpError) ? parts.operationOf(body) : null;
  const call = {
    method,
    path: found?.route.template ?? url.pathname,
    url: url.pathname + url.search,
    operation,
  };
  return { message, response, url, found, body, call, resource } satisfies Exchange;
}

async function answered(
  host: Host,
  contract: Contract | null,
  { found, body, message, url }: Exchange,
): Promise<Answer> {
  if (!found) throw notFound();
  if (body instanceof HttpError) throw body;
  const { route, params } = found;
  const request: ApiRequest = {
    host,
    identity: identify(host, message.headers.authorization),
    params,
    query: url.searchParams,
    headers: message.headers,
    body,
    address: url.pathname,
  };
  contract?.request(route.method, route.template, body);
  const answer = await carryOut(route, request);
  contract?.answer(route.method, route.template, answer);
  return answer;
}

function failure(error: unknown): Answer {
  if (error instanceof HttpError) return { status: error.status, body: error.body, headers: error.headers };
  return {
    status: 500,
    body: { message: error instanceof Error ? (error.stack ?? error.message) : String(error) },
  };
}

/** Source: docs, "Rate limits for the GraphQL API": there the answer is still 200. */
const exceeded = (host: Host, resource: Resource): Answer =>
  resource === "graphql"
    ? { status: 200, body: { errors: [{ type: "RATE_LIMITED", message: "API rate limit exceeded" }] } }
    : {
        status: host.rateLimits.exceededStatus(),
        body: { message: "API rate limit exceeded for installation." },
      };

/** Asking for the limits is free. Source: REST docs, "Get rate limit status". */
const isFree = ({ call }: Exchange): boolean => call.path === "/rate_limit";

function decide(host: Host, contract: Contract | null, exchange: Exchange, fault: FaultResponse | undefined) {
  if (typeof fault === "object" && "status" in fault)
    return { body: { message: "Server Error" }, headers: {}, ...fault } satisfies Answer;
  if (!isFree(exchange) && !host.rateLimits.spend(exchange.resource))
    return exceeded(host, exchange.resource);
  return answered(host, contract, exchange).catch(failure);
}

function encode({ body }: Answer): { bytes: Buffer; type: string } {
  if (Buffer.isBuffer(body)) return { bytes: body, type: "application/vnd.github.raw+json" };
  return {
    bytes: Buffer.from(body === undefined ? "" : JSON.stringify(body)),
    type: "application/json; charset=utf-8",
  };
}

/** Answers are tagged by content; an answer that the caller has is not sent again, and costs nothing. */
function send(host: Host, { message, response, call, resource }: Exchange, answer: Answer): void {
  const { bytes, type } = encode(answer);
  const etag = `W/"${createHash("sha1").update(bytes).digest("hex")}"`;
  const known = call.method === "GET" && answer.status === 200 && message.headers["if-none-match"] === etag;
  if (known) host.rateLimits.refund(resource);
  const status = known ? 304 : answer.status;
  host.calls.add({ ...call, status });
  const limits = host.rateLimits.headers(resource);
  response.writeHead(status, { "content-type": type, etag, ...limits, ...answer.headers });
  response.end(status === 204 || status === 304 ? undefined : bytes);
}

function drop(host: Host, { message, call }: Exchange): void {
  host.calls.add({ ...call, status: 0 });
  message.socket.destroy();
}

async function serve(host: Host, contract: Contract | null, exchange: Exchange): Promise<void> {
  const fault = host.faults.take(exchange.call);
  const wait =
    host.settings.latencyMs + (typeof fault === "object" && "delayMs" in fault ? fault.delayMs : 0);
  if (wait > 0) await delay(wait);
  if (fault === "drop-connection-before") {
    drop(host, exchange);
    return;
  }
  const answer = await decide(host, contract, exchange, fault);
  if (fault === "drop-connection-after") drop(host, exchange);
  else send(host, exchange, answer);
}

/** Nothing of a page is run or loaded from elsewhere, whatever a pull request wrote into it. */
const PAGE_HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
};

export function createHttp(host: Host, parts: Parts): Server {
  const handle = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(message.url ?? "/", host.url);
    const page = message.method === "GET" ? await parts.view(url.pathname) : null;
    if (page !== null) response.writeHead(200, PAGE_HEADERS).end(page);
    else await serve(host, parts.contract, await receive(parts, url, message, response));
  };
  return createServer((message, response) => {
    handle(message, response).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  });
}

/** Listens on an address that only this machine reaches; port 0 lets the system choose. */
export async function listen(server: Server, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
