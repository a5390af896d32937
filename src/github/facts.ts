import type { Facts, Policy } from "../engine/types.ts";
import { WORKFLOW_FILE } from "../pipelines/workflow-file.ts";
import { isPipeline } from "../sources/relevant.ts";
import type { Context } from "./context.ts";
import { loadElsewhere } from "./elsewhere.ts";
import type { Trees } from "./load-trees.ts";
import { readEnvironments, readRules } from "./settings.ts";
import type { Source } from "./source.ts";

/** What of a pull request, or of a merge group, tells what to ask for. */
export type Asker = Pick<Context, "branch" | "words" | "isPrivate"> & Partial<Pick<Context, "ran">>;

/**
 * What GitHub says about a change beside its files. Settings and files of other repositories cost requests, so they are
 * read only where the verdict can depend on them: where pipelines change, or where the policy requires a stage.
 */
export async function loadFacts(
  source: Source,
  { branch, words, isPrivate, ran = [] }: Asker,
  { base, head, files }: Trees,
  { stages }: Policy,
): Promise<Facts> {
  const request = words === undefined ? {} : { request: words };
  const touched = files.some(({ path, previous }) => isPipeline(path) || isPipeline(previous ?? path));
  const workflows = [...base.files, ...head.files].filter(([path]) => WORKFLOW_FILE.test(path));
  if (
    workflows.length === 0 ||
    (!touched && !Object.values(stages).some(({ demand }) => demand === "required"))
  )
    return request;
  const environments = workflows.some(([, { text }]) => /^[ \t]+environment:/m.test(text));
  const [rules, elsewhere, known] = await Promise.all([
    readRules(source, branch),
    loadElsewhere({ source, isPrivate }, [base, head]),
    environments && touched ? readEnvironments(source) : undefined,
  ]);
  return { ...request, ran, rules, elsewhere, ...(known === undefined ? {} : { environments: known }) };
}

/** Both sides of a change, with what GitHub says beside their files. */
export const withFacts = ({ base, head, files }: Trees, facts: Facts): Trees => ({
  base: { ...base, facts },
  head: { ...head, facts },
  files,
});
