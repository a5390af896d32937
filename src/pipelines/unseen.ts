import type { JobCommands } from "./evidence.ts";
import { mayTest } from "./may-test.ts";

/** What jobs call, that was not read and may hold tests. */
export function opaqueCalls(jobs: readonly JobCommands[]): string[] {
  const calls = jobs.flatMap(({ job: { call } }) => (call?.opaque ? [call.target] : []));
  const actions = jobs.flatMap(({ job: { steps } }) =>
    steps.flatMap((step) => (step.opaque ? [step.uses ?? ""] : [])),
  );
  // A step is for one thing, and its name says for which; a called workflow may do much more than its name says.
  return [...new Set([...calls, ...actions.filter(mayTest)])];
}

/** Names under which tests hide: a build, or everything. */
const UMBRELLA =
  /[\s:/_-](all|build|ci|check|verify|validate|package|release|dist|default|pipeline)([\s:._-]|$)/;

/** Scripts that may run tests among other things, and were not found in the tree. */
export function unresolvedScripts(jobs: readonly JobCommands[]): string[] {
  const commands = jobs.flatMap(({ steps }) => steps.flatMap((step) => step.commands));
  const texts = commands.flatMap(({ texts: [text = ""], unresolved }) => (unresolved ? [text] : []));
  return [...new Set(texts.filter((text) => UMBRELLA.test(text)))];
}
