/** An answer other than success, thrown from anywhere below a route. */
export class HttpError extends Error {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, body: Record<string, unknown>, headers: Record<string, string> = {}) {
    super(`${status} ${String(body["message"])}`);
    this.status = status;
    this.body = { documentation_url: "https://docs.github.com/rest", ...body, status: String(status) };
    this.headers = headers;
  }
}

export const notFound = (): HttpError => new HttpError(404, { message: "Not Found" });
export const unauthorized = (message = "Bad credentials"): HttpError => new HttpError(401, { message });
export const forbidden = (message = "Resource not accessible by integration"): HttpError =>
  new HttpError(403, { message });

/** What the schema of a request refuses ("Invalid request. …"). */
export const invalidRequest = (problem: string): HttpError =>
  new HttpError(422, { message: `Invalid request.\n\n${problem}` });

/** What a model refuses; the newer endpoints list plain strings. */
export const unprocessable = (...errors: string[]): HttpError =>
  new HttpError(422, { message: "Unprocessable Entity", errors });

/** What a model refuses, said per field as the older endpoints do. */
export const validationFailed = (resource: string, field: string, message: string): HttpError =>
  new HttpError(422, {
    message: "Validation Failed",
    errors: [{ resource, field, code: "custom", message }],
  });
