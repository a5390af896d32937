import type { Suggestion } from "../engine/types.ts";
import type { Job, Provider } from "./model.ts";
import { suggestBelow } from "./suggest-line.ts";

/** The key by which a job names the jobs that it waits for, where that is a list of names in one line. */
const KEYS: Readonly<Partial<Record<Provider, string>>> = {
  "github-actions": "needs",
  gitlab: "needs",
  circleci: "requires",
  drone: "depends_on",
  woodpecker: "depends_on",
  tekton: "runAfter",
  argo: "dependencies",
  "cloud-build": "waitFor",
};

/** Systems in which a job is a key of the file, so that a line below it belongs to it. */
const KEYED = new Set<Provider>(["github-actions"]);

interface Home {
  readonly provider: Provider;
  readonly tree: { readonly text: (path: string) => string | undefined };
}

/** The line in which a job waits for others with some put back, where it is written in one line or is missing. */
export function suggestNeed(
  job: Job,
  ids: readonly string[],
  { provider, tree }: Home,
): Suggestion | undefined {
  const key = KEYS[provider];
  const { path } = job.at;
  // What is not a plain name is one of our making.
  if (key === undefined || !ids.every((id) => /^[\w.-]+$/.test(id))) return undefined;
  if (!job.needsAt)
    return KEYED.has(provider) ? suggestBelow(job.at, `${key}: [${ids.join(", ")}]`, tree.text) : undefined;
  const { line } = job.needsAt;
  const fixed = longer(tree.text(path)?.split("\n")[line - 1] ?? "", key, ids);
  return fixed === undefined ? undefined : { path, line, endLine: line, text: fixed };
}

function longer(line: string, key: string, added: readonly string[]): string | undefined {
  const parts = new RegExp(
    String.raw`^(?<head>\s*(- )?${key}:\s*)(?<list>\[[^\]]*\]|[\w-]+)(?<tail>\s*(#.*)?)$`,
  ).exec(line)?.groups;
  if (!parts) return undefined;
  const ids = (parts["list"] ?? "").replaceAll(/[[\]]/g, "").split(",");
  // `-` alone means "wait for nothing" in Cloud Build.
  const kept = ids.map((item) => item.trim()).filter((item) => !/^(|['"]?-['"]?)$/.test(item));
  return `${parts["head"] ?? ""}[${[...kept, ...added].join(", ")}]${parts["tail"] ?? ""}`;
}
