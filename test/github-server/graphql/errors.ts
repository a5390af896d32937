import { GraphQLError } from "graphql";
import { HttpError } from "../http/errors.ts";

/** GitHub names the kind of an error beside its message: `errors[].type`. */
export const failure = (type: string, message: string): GraphQLError =>
  new GraphQLError(message, { extensions: { type } });

export const notResolved = (what: string): GraphQLError =>
  failure("NOT_FOUND", `Could not resolve to a ${what}.`);

function typeOf(error: GraphQLError): string | undefined {
  const said = error.extensions["type"];
  if (typeof said === "string") return said;
  if (error.originalError instanceof HttpError)
    return error.originalError.status === 403
      ? "FORBIDDEN"
      : error.originalError.status === 404
        ? "NOT_FOUND"
        : "UNPROCESSABLE";
  return undefined;
}

export function formatted(error: GraphQLError) {
  const { message, path, locations } = error.toJSON();
  const type = typeOf(error);
  return { ...(type === undefined ? {} : { type }), ...(path ? { path } : {}), locations, message };
}
