import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { signAppToken } from "./control/keys.ts";
import type { GitHub } from "./index.ts";

/** Small callers and a webhook target: plain HTTP, so that the server is tested at its edge. */

export interface Reply {
  status: number;
  headers: Headers;
  text: string;
  /** The JSON answer; null if it is something else. */
  body: unknown;
  /** A field of the answer: `reply.at("head.sha")`. */
  at(path: string): unknown;
  /** A field of every item of a list: `reply.each("path", "tree")`. */
  each(path: string, list?: string): unknown[];
}

function field(value: unknown, path: string): unknown {
  let found = value;
  for (const key of path.split(".")) found = (found as Record<string, unknown> | null | undefined)?.[key];
  return found;
}

function replyOf(response: Response, text: string): Reply {
  const isJson = response.headers.get("content-type")?.startsWith("application/json") === true && text !== "";
  const body: unknown = isJson ? JSON.parse(text) : null;
  return {
    status: response.status,
    headers: response.headers,
    text,
    body,
    at: (path) => field(body, path),
    each: (path, list) =>
      (list === undefined ? (body as unknown[]) : (field(body, list) as unknown[])).map((item) =>
        field(item, path),
      ),
  };
}

export interface Client {
  readonly token: string;
  get(path: string, headers?: Record<string, string>): Promise<Reply>;
  post(path: string, body?: unknown): Promise<Reply>;
  patch(path: string, body: unknown): Promise<Reply>;
  delete(path: string): Promise<Reply>;
  query(query: string, variables?: Record<string, unknown>): Promise<Reply>;
}

export function clientOf(github: GitHub, token: string): Client {
  const call = async (method: string, path: string, body?: unknown, headers = {}): Promise<Reply> => {
    const response = await fetch(github.url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return replyOf(response, await response.text());
  };
  return {
    token,
    get: (path, headers) => call("GET", path, undefined, headers),
    post: (path, body = {}) => call("POST", path, body),
    patch: (path, body) => call("PATCH", path, body),
    delete: (path) => call("DELETE", path),
    query: (query, variables = {}) => call("POST", "/graphql", { query, variables }),
  };
}

export function appToken(github: GitHub, claims: Record<string, string | number> = {}): string {
  const now = Math.floor(Date.now() / 1000);
  return signAppToken(github.privateKey, { iss: github.appId, iat: now - 60, exp: now + 540, ...claims });
}

export const appClient = (github: GitHub): Client => clientOf(github, appToken(github));

/** A client with a token of the account's installation, narrowed as `wanted` says. */
export async function installationClient(
  github: GitHub,
  account: string,
  wanted: object = {},
): Promise<Client> {
  const path = `/app/installations/${github.installation(account)}/access_tokens`;
  const reply = await appClient(github).post(path, wanted);
  return clientOf(github, String(reply.at("token")));
}

export interface Received {
  headers: IncomingHttpHeaders;
  raw: string;
  payload: Record<string, unknown>;
  at(path: string): unknown;
}

export interface Receiver {
  readonly url: string;
  readonly received: Received[];
  /** How the next events are answered; null leaves them without an answer. */
  status: number | null;
  close(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const raw = Buffer.concat(chunks).toString();
      const payload = JSON.parse(raw) as Record<string, unknown>;
      received.push({ headers: request.headers, raw, payload, at: (path) => field(payload, path) });
      if (receiver.status !== null) response.writeHead(receiver.status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`,
    received,
    status: 202,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return receiver;
}
