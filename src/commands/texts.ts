import type { Command } from "./parse.ts";

const HELP = `**nines** reviews this pull request for zero downtime. Write one of these at the start of a line:

| command | what it does |
| --- | --- |
| \`/nines recheck\` or \`/recheck\` | reviews the pull request again, with the policy as it is now |
| \`/nines help\` | shows this table |

Commands need write permission on the repository.`;

/** One answer to all commands of a comment; undefined where none needs words. */
export function answerTo(commands: readonly Command[]): { body: string; understood: boolean } | undefined {
  const unknown = commands.find((command) => command.kind === "unknown");
  if (unknown) return { body: unknownCommand(unknown), understood: false };
  return commands.some(({ kind }) => kind === "help") ? { body: HELP, understood: true } : undefined;
}

function unknownCommand({ word, meant }: Extract<Command, { kind: "unknown" }>): string {
  const said = `There is no command ${inlineCode(`/nines ${word}`)}.`;
  return meant === undefined ? `${said}\n\n${HELP}` : `${said} Did you mean \`/nines ${meant}\`?\n\n${HELP}`;
}

/** The answer to somebody who may not. */
export const NOT_ALLOWED =
  "This command needs write permission on the repository. Ask somebody who has it to write it, or push a commit: every push is reviewed.";

/** The answer where the review that was asked for could not be made. */
export const COULD_NOT_REVIEW = (delivery: string): string =>
  `The review could not be made; the check run says why. Request id: \`${delivery.replaceAll("`", "")}\`.`;

/** Somebody's text as code: a fence longer than any inside, at most 60 characters, and on one line. */
function inlineCode(text: string): string {
  const short = Array.from(text).slice(0, 60).join("");
  const longest = Math.max(0, ...[...short.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  const space = longest > 0 ? " " : "";
  return `${fence}${space}${short}${space}${fence}`;
}
