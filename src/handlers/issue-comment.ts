import type { Context } from "probot";
import { parseCommands } from "../commands/parse.ts";
import { answerTo, NOT_ALLOWED } from "../commands/texts.ts";
import { acknowledge, permissionOf, reply } from "../github/comments-api.ts";
import type { Reaction } from "../github/comments-api.ts";
import { orLater } from "../github/errors.ts";
import { targetOf, tryTo } from "./target.ts";
import type { Deps } from "./target.ts";

export const events = ["issue_comment.created"] as const;

/** Commands: 👀 at once, then 👍 when done (the worker's business for a re-check) or 😕 with a reason. */
export const handle =
  ({ queue, now, log }: Deps) =>
  async ({ id, payload, octokit }: Context<(typeof events)[number]>): Promise<void> => {
    const { comment, issue } = payload;
    // A bot's comments, our own among them, are never commands: two bots would talk for ever.
    if (!issue.pull_request || !comment.user || comment.user.type === "Bot") return;
    const commands = parseCommands(comment.body);
    if (commands.length === 0) return;
    const target = targetOf({ id, payload });
    const { owner, repo } = target;
    const react = (reaction: Reaction) =>
      tryTo(log, () => acknowledge(octokit, { owner, repo, comment: comment.id, reaction }));
    const say = (body: string) => reply(octokit, { owner, repo, pull: issue.number, to: comment.id, body });
    const answer = async (): Promise<void> => {
      await react("eyes");
      const permission = await permissionOf(octokit, { owner, repo, user: comment.user?.login ?? "" });
      const allowed = permission === "write" || permission === "admin";
      const words = allowed ? answerTo(commands) : { body: NOT_ALLOWED, understood: false };
      if (words) await Promise.all([react(words.understood ? "+1" : "confused"), say(words.body)]);
      if (!allowed || !commands.some(({ kind }) => kind === "recheck")) return;
      const attempt = `comment-${comment.id}`;
      await queue.addReview({ ...target, pull: issue.number, attempt, comments: [comment.id] });
    };
    await orLater(answer, now);
  };
