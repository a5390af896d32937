import type { Expr } from "./expressions.ts";
import { parseLogic } from "./logic.ts";
import { equal, literal, OPAQUE, or, run } from "./reading.ts";
import { own } from "./own.ts";

/** Reads the `if` of a rule: https://docs.gitlab.com/ci/jobs/job_rules/#cicd-variable-expressions */
export const parseRule = (source: string): Expr => parseLogic(source, { name: nameOf, text: textOf });

/** What starts a pipeline, in the words of the model. */
const SOURCES: Readonly<Record<string, string>> = {
  merge_request_event: "pull_request",
  web: "workflow_dispatch",
};

const textOf = (text: string): Expr => literal(own(SOURCES, text) ?? text);

const VARIABLES: Readonly<Record<string, Expr>> = {
  CI_COMMIT_BRANCH: run("branch"),
  CI_COMMIT_TAG: run("tag"),
  CI_PIPELINE_SOURCE: run("source"),
  CI_COMMIT_REF_NAME: or(run("branch"), run("tag")),
  CI_DEFAULT_BRANCH: literal("main"),
  CI_MERGE_REQUEST_IID: equal(run("source"), literal("pull_request")),
  CI_MERGE_REQUEST_ID: equal(run("source"), literal("pull_request")),
  CI_OPEN_MERGE_REQUESTS: OPAQUE,
};

function nameOf(source: string): Expr {
  if (source === "null") return { kind: "literal", value: null };
  if (!source.startsWith("$")) return OPAQUE;
  const name = source.replaceAll(/[${}]/g, "");
  // A variable of one's own may be given with the start, as an input is.
  return variableOf(name) ?? { kind: "path", path: ["inputs", name.toLowerCase()] };
}

/** What GitLab itself gives a variable; undefined where it is somebody's own. */
export const variableOf = (name: string): Expr | undefined =>
  own(VARIABLES, name) ?? (name.startsWith("CI_") ? OPAQUE : undefined);
