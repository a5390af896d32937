import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import type { Ajv as AjvInstance, ValidateFunction } from "ajv";
import { HttpError, invalidRequest } from "./errors.ts";
import { isObject } from "./fields.ts";
import type { Answer } from "./router.ts";
import type { Contract } from "./server.ts";

/**
 * Holds the server to GitHub's own description (@octokit/openapi): what it accepts and what it answers.
 * Only the schemas that are used are compiled, each on its first use.
 */

type Json = Record<string, unknown>;

interface Operation {
  requestBody?: { content?: Record<string, { schema?: Json }> };
  responses: Record<string, Json & { $ref?: string; content?: Record<string, { schema?: Json }> }>;
}

interface Description {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Json; responses: Record<string, Operation["responses"][string]> };
}

const FILE = new URL("../../../node_modules/@octokit/openapi/generated/api.github.com.json", import.meta.url);

const load = createRequire(import.meta.url);

/** Said otherwise in JSON Schema, or only for readers. */
const DROPPED = new Set(["nullable", "example", "examples", "discriminator"]);

/** OpenAPI 3.0 says `nullable`, JSON Schema says `type: null`. */
function translate(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(translate);
  if (!isObject(node)) return node;
  const kept = Object.entries(node).filter(([key]) => !DROPPED.has(key));
  const translated = Object.fromEntries(kept.map(([key, value]) => [key, translate(value)]));
  return node["nullable"] === true ? { anyOf: [{ type: "null" }, translated] } : translated;
}

function createAjv(): AjvInstance {
  const { Ajv } = load("ajv") as typeof import("ajv");
  const addFormats = load("ajv-formats") as (ajv: AjvInstance) => void;
  const ajv = new Ajv({ strict: false, allErrors: false, validateFormats: true });
  addFormats(ajv);
  for (const name of ["repo.nwo", "timestamp"]) ajv.addFormat(name, true);
  return ajv;
}

let description: Description | undefined;

const describe = (): Description =>
  (description ??= translate(JSON.parse(readFileSync(FILE, "utf8"))) as Description);

const JSON_TYPE = "application/json";

export function createContract(): Contract {
  const ajv = createAjv();
  ajv.addSchema({ $id: "github", components: describe().components });
  const compiled = new Map<string, ValidateFunction | null>();

  const compile = (key: string, schema: Json | undefined): ValidateFunction | null => {
    const known = compiled.get(key);
    if (known !== undefined) return known;
    const made = schema ? ajv.compile(absolute(schema)) : null;
    compiled.set(key, made);
    return made;
  };
  const operation = (method: string, template: string): Operation | undefined =>
    describe().paths[template]?.[method.toLowerCase()];
  const said = (validator: ValidateFunction): string => ajv.errorsText(validator.errors, { dataVar: "it" });

  return {
    request: (method, template, body) => {
      const schema = operation(method, template)?.requestBody?.content?.[JSON_TYPE]?.schema;
      const validator = compile(`${method} ${template} body`, schema);
      if (validator && !validator(body)) throw invalidRequest(said(validator));
    },
    answer: (method, template, answer) => {
      if (template === "/graphql" || Buffer.isBuffer(answer.body)) return;
      const found = resolved(operation(method, template)?.responses[String(answer.status)]);
      if (!found) throw undocumented(method, template, answer);
      const validator = compile(`${method} ${template} ${answer.status}`, found.content?.[JSON_TYPE]?.schema);
      // What goes over the wire is what counts: undefined fields are not there.
      if (validator && !validator(JSON.parse(JSON.stringify(answer.body ?? null))))
        throw new HttpError(500, {
          message: `${method} ${template} answers against its schema: ${said(validator)}`,
        });
    },
  };
}

const undocumented = (method: string, template: string, { status }: Answer): HttpError =>
  new HttpError(500, { message: `${method} ${template} has no documented answer ${status}` });

function resolved(response: Operation["responses"][string] | undefined) {
  const name = response?.$ref?.split("/").at(-1);
  return name === undefined ? response : describe().components.responses[name];
}

/** References inside an operation point into the one document that holds the components. */
const absolute = (schema: Json): Json =>
  JSON.parse(JSON.stringify(schema).replaceAll('"$ref":"#/', '"$ref":"github#/')) as Json;
