import type { Pipeline } from "./model.ts";
import { passes, sample } from "./scenarios.ts";

/** Events that look at the paths of a change. */
const BY_PATH = /^(push|pull_request|pull_request_target)$/;
/** What these files say changes nothing of what runs. */
const INERT =
  /(^|\/)(docs?|\.github|\.circleci|\.vscode)\/|\.(md|mdx|txt|rst|adoc|png|jpe?g|gif|svg)$|(^|\/)(LICENSE|NOTICE|CODEOWNERS|OWNERS|\.[\w-]+ignore|\.editorconfig|\.gitlab-ci\.yml|Jenkinsfile)$/i;

/** A path that a change may touch, and how to call it: files by their name, folders by the filter that means them. */
export interface Touched {
  readonly path: string;
  readonly shown: string;
}

/** Paths worth asking about: files that are there, and one for each filter. Documents are left out. */
export function touchable(files: Iterable<string>, pipelines: readonly Pipeline[]): Touched[] {
  const patterns = pipelines.flatMap(({ triggers }) => triggers.flatMap(({ paths }) => paths));
  const filters = new Set(patterns.map((pattern) => pattern.replace(/^!/, "")));
  const asked = [...filters].map((shown) => ({ path: sample(shown), shown }));
  const there = [...files].map((path) => ({ path, shown: path }));
  return [...asked, ...there].filter(({ path }) => path !== "" && !INERT.test(path));
}

/** Whether a change of this path alone starts a pipeline, by one of these events. */
export function startsFor({ triggers }: Pipeline, path: string, events = BY_PATH): boolean {
  return triggers.some((trigger) => events.test(trigger.event) && passes(trigger.paths, path));
}

/** Whether changes of some paths do not start it. */
const isFiltered = ({ triggers }: Pipeline): boolean =>
  triggers.some(({ event, paths }) => BY_PATH.test(event) && paths.length > 0);

/** A path whose change alone starts the deploy, and not the tests; undefined where there is none to be seen. */
export function untestedPath(
  tests: Pipeline,
  deploy: Pipeline,
  files: Iterable<string>,
): Touched | undefined {
  const merged = tests.triggers.some(({ event }) => event === "merge_group");
  if (merged || !isFiltered(tests)) return undefined;
  return touchable(files, [tests, deploy]).find(
    ({ path }) => startsFor(deploy, path, /^push$/) && !startsFor(tests, path),
  );
}
