import { readFileSync } from "node:fs";
import {
  buildSchema,
  execute,
  GraphQLError,
  Kind,
  parse,
  validate,
  type DocumentNode,
  type GraphQLSchema,
} from "graphql";
import { LRUCache } from "lru-cache";
import type { Host } from "../host.ts";
import type { Identity } from "../http/auth.ts";
import { visibleRepository } from "../http/authorize.ts";
import { HttpError } from "../http/errors.ts";
import { isObject, text, type Body } from "../http/fields.ts";
import { ok, type Answer, type ApiRequest, type Route } from "../http/router.ts";
import { nodeId } from "../shapes/users.ts";
import { viewerOf, type Viewer } from "./comments.ts";
import { formatted, notResolved } from "./errors.ts";
import { mutations } from "./mutations.ts";
import { repository } from "./repository.ts";

const FILE = new URL("../../../node_modules/@octokit/graphql-schema/schema.graphql", import.meta.url);

let cached: GraphQLSchema | undefined;

/** GitHub's schema; reading it takes a tenth of a second, so it is read once, on first use. */
const schema = (): GraphQLSchema =>
  (cached ??= buildSchema(readFileSync(FILE, "utf8"), {
    assumeValid: true,
    assumeValidSDL: true,
    noLocation: true,
  }));

type Prepared = DocumentNode | readonly GraphQLError[];

const isDocument = (made: Prepared): made is DocumentNode => "kind" in made;

const prepared = new LRUCache<string, Prepared & object>({ max: 100 });

function prepare(query: string): Prepared {
  const known = prepared.get(query);
  if (known) return known;
  const made = parsed(query);
  prepared.set(query, made);
  return made;
}

function parsed(query: string): Prepared {
  try {
    const document = parse(query);
    const problems = validate(schema(), document);
    return problems.length > 0 ? problems : document;
  } catch (error) {
    if (error instanceof GraphQLError) return [error];
    throw error;
  }
}

function lookUp(host: Host, identity: Identity, viewer: Viewer, fullName: string) {
  try {
    return repository(host, visibleRepository(host, identity, fullName), viewer);
  } catch (error) {
    if (error instanceof HttpError) throw notResolved(`Repository with the name '${fullName}'`);
    throw error;
  }
}

function rateLimit(host: Host) {
  const { limit, remaining, used, reset } = host.rateLimits.get("graphql");
  return { cost: 1, nodeCount: 0, limit, remaining, used, resetAt: new Date(reset * 1000).toISOString() };
}

function root(host: Host, identity: Identity) {
  const viewer = viewerOf(host, identity.kind === "user" ? identity.login : null);
  return {
    viewer: { ...viewer, id: nodeId("U", 1), __typename: "User" },
    rateLimit: () => rateLimit(host),
    repository: ({ owner, name }: { owner: string; name: string }) =>
      lookUp(host, identity, viewer, `${owner}/${name}`),
    ...mutations(host, identity, viewer),
  };
}

async function answer({ host, identity, body }: ApiRequest): Promise<Answer> {
  const document = prepare(text(body, "query"));
  if (!isDocument(document)) return ok({ errors: document.map(formatted) });
  const result = await execute({
    schema: schema(),
    document,
    rootValue: root(host, identity),
    variableValues: isObject(body["variables"]) ? body["variables"] : {},
    operationName: typeof body["operationName"] === "string" ? body["operationName"] : null,
  });
  const { data, errors } = result;
  return ok({
    ...(data === undefined ? {} : { data }),
    ...(errors ? { errors: errors.map(formatted) } : {}),
  });
}

/** What a call is counted under: the operation's name, else its root fields. */
export function operationOf(body: Body): string | null {
  const query = body["query"];
  if (typeof query !== "string") return null;
  const document = prepare(query);
  if (!isDocument(document)) return "(invalid)";
  const operation = document.definitions.find((one) => one.kind === Kind.OPERATION_DEFINITION);
  if (!operation) return null;
  const fields = operation.selectionSet.selections.map((one) =>
    one.kind === Kind.FIELD ? one.name.value : "…",
  );
  return operation.name?.value ?? [...new Set(fields)].join(",");
}

export const graphqlRoutes: readonly Route[] = [
  { method: "POST", template: "/graphql", needs: "anyone", handle: answer },
];
