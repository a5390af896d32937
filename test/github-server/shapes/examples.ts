import { readFileSync } from "node:fs";

/** GitHub's own sample payloads (@octokit/webhooks-examples), read on first use. */

export type Json = Record<string, unknown>;

interface Sample {
  name: string;
  examples: Json[];
}

const FILE = new URL(
  "../../../node_modules/@octokit/webhooks-examples/api.github.com/index.json",
  import.meta.url,
);

let samples: Sample[] | undefined;

/** A fresh copy of the sample of an event and action; of the event's first sample if the action has none. */
export function example(event: string, action: string | null): Json {
  samples ??= JSON.parse(readFileSync(FILE, "utf8")) as Sample[];
  const all = samples.find(({ name }) => name === event)?.examples ?? [];
  const chosen = all.find((sample) => (sample["action"] ?? null) === action) ?? all[0] ?? {};
  return structuredClone(chosen);
}
