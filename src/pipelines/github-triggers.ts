import type { Location } from "../engine/types.ts";
import type { Trigger } from "./model.ts";
import { entries, entry, field, texts } from "./yaml.ts";
import type { Node } from "./yaml.ts";

/** Reads `on:` in each of its three forms: one event, a list of events, a map of events. */
export function readTriggers(root: Node): Trigger[] {
  const on = entry(root, "on")?.value;
  if (on?.kind === "map") return entries(on).map(({ key, value, at }) => trigger(key, value, at));
  return texts(on).map(({ text, at }) => trigger(text, undefined, at));
}

/** Where a workflow says what starts it. */
export function triggersAt(root: Node): Location {
  return entry(root, "on")?.at ?? root.at;
}

function trigger(event: string, filters: Node | undefined, at: Location): Trigger {
  const list = (key: string): string[] => texts(field(filters, key)).map(({ text }) => text);
  const filter = entry(filters, "paths-ignore") ?? entry(filters, "paths");
  const branches = entry(filters, "branches-ignore") ?? entry(filters, "branches");
  return {
    event: event.toLowerCase(),
    branches: [...list("branches"), ...list("branches-ignore").map((pattern) => `!${pattern}`)],
    tags: [...list("tags"), ...list("tags-ignore").map((pattern) => `!${pattern}`)],
    types: list("types"),
    paths: [...list("paths"), ...list("paths-ignore").map((pattern) => `!${pattern}`)],
    ...(filter ? { pathsAt: filter.at } : {}),
    ...(branches ? { branchesAt: branches.at } : {}),
    upstream: list("workflows"),
    at,
  };
}
