import type { Context } from "probot";
import { orLater } from "../github/errors.ts";
import { subjectOf } from "../github/subject.ts";
import { runsOfSuite } from "../github/suite.ts";
import { targetOf } from "./target.ts";
import type { Deps } from "./target.ts";

export const events = ["check_suite.rerequested"] as const;

/** "Re-run all checks": one request for each pull request (or merge group) that our check runs were made for. */
export const handle =
  ({ queue, appId, log, now }: Deps) =>
  async ({ id, payload, octokit }: Context<(typeof events)[number]>): Promise<void> => {
    const { check_suite: suite } = payload;
    if (suite.app.id !== appId) return;
    const target = targetOf({ id, payload });
    // The payload lists no pull requests from forks; our own runs know them.
    const place = { owner: target.owner, repo: target.repo, suite: suite.id };
    const runs = await orLater(() => runsOfSuite(octokit, place), now);
    const named = suite.pull_requests.map((pull) => ({ pull: pull.number }));
    const subjects = [...named, ...runs.flatMap((run) => subjectOf(run, suite.head_branch) ?? [])];
    const distinct = new Map(subjects.map((subject) => [JSON.stringify(subject), subject]));
    if (distinct.size === 0) log.warn({ delivery: id, suite: suite.id }, "no check run of ours to repeat");
    for (const subject of distinct.values()) await queue.addReview({ ...target, ...subject, attempt: id });
  };
