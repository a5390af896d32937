import type { Probot } from "probot";
import * as checkRun from "./handlers/check-run.ts";
import * as checkSuite from "./handlers/check-suite.ts";
import * as issueComment from "./handlers/issue-comment.ts";
import * as mergeGroup from "./handlers/merge-group.ts";
import * as pullRequest from "./handlers/pull-request.ts";
import type { Deps } from "./handlers/target.ts";

/** The events that something is done about. The intake forgets all others at once. */
export const wanted: ReadonlySet<string> = new Set(
  [checkRun, checkSuite, issueComment, mergeGroup, pullRequest].flatMap(({ events }) => events),
);

/** The Probot app. */
export const app =
  (deps: Deps) =>
  (probot: Probot): void => {
    probot.on([...checkRun.events], checkRun.handle(deps));
    probot.on([...checkSuite.events], checkSuite.handle(deps));
    probot.on([...issueComment.events], issueComment.handle(deps));
    probot.on([...mergeGroup.events], mergeGroup.handle(deps));
    probot.on([...pullRequest.events], pullRequest.handle(deps));
  };
