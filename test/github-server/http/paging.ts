import { ok, type Answer, type ApiRequest } from "./router.ts";

/** Source: REST docs, "Using pagination": 30 by default, 100 at most. */
const DEFAULT_SIZE = 30;
export const MAXIMUM_SIZE = 100;

const positive = (text: string | null, otherwise: number): number => {
  const value = Number(text ?? otherwise);
  return Number.isInteger(value) && value > 0 ? value : otherwise;
};

export interface Page<T> {
  items: readonly T[];
  number: number;
  headers: Record<string, string>;
}

export function page<T>(request: ApiRequest, all: readonly T[]): Page<T> {
  const size = Math.min(positive(request.query.get("per_page"), DEFAULT_SIZE), MAXIMUM_SIZE);
  const number = positive(request.query.get("page"), 1);
  const last = Math.max(1, Math.ceil(all.length / size));
  const link = (to: number, rel: string): string => {
    const query = new URLSearchParams(request.query);
    query.set("page", String(to));
    return `<${request.host.url}${request.address}?${query.toString()}>; rel="${rel}"`;
  };
  const links = [
    ...(number > 1 ? [link(number - 1, "prev"), link(1, "first")] : []),
    ...(number < last ? [link(number + 1, "next"), link(last, "last")] : []),
  ];
  return {
    items: all.slice((number - 1) * size, number * size),
    number,
    headers: links.length > 0 ? { link: links.join(", ") } : {},
  };
}

/** A page of a plain list. */
export async function listed<T>(
  request: ApiRequest,
  all: readonly T[],
  shape: (item: T) => unknown,
): Promise<Answer> {
  const { items, headers } = page(request, all);
  return ok(await Promise.all(items.map(shape)), headers);
}

/** A page of a list that is wrapped with its total. */
export async function counted<T>(
  request: ApiRequest,
  key: string,
  all: readonly T[],
  shape: (item: T) => unknown,
): Promise<Answer> {
  const { items, headers } = page(request, all);
  return ok({ total_count: all.length, [key]: await Promise.all(items.map(shape)) }, headers);
}
