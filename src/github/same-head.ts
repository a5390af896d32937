import type { Board, Posting } from "./check-runs.ts";
import { currentState } from "./context.ts";
import { runTitle, withParagraph, type Conclusion, type Draft } from "./draft.ts";
import { subjectName } from "./external-id.ts";
import type { Run } from "./own-runs.ts";

/** Best first. What GitHub lets pass comes before what it blocks. */
const ORDER: readonly string[] = ["success", "neutral", "action_required", "failure"];

const rank = (conclusion: string | null): number => ORDER.indexOf(conclusion ?? "");

/** The newest run of each other pull request with this head, unless its conclusion was borrowed itself. */
function othersOn({ runs, subject }: Board, name: string): Run[] {
  const seen = new Set([subjectName(subject)]);
  return runs.filter(({ name: title, open, made }) => {
    if (title !== name || open || !made || seen.has(subjectName(made.subject))) return false;
    seen.add(subjectName(made.subject));
    return typeof made.subject === "number" && !made.borrowed;
  });
}

/**
 * GitHub keeps check runs per commit, and shows the newest: two pull requests with one head share a verdict. The worse
 * one stands, so that a pull request into a quiet branch cannot let one into a guarded branch pass.
 */
export async function worstOnHead(board: Board, draft: Draft): Promise<Posting> {
  const worse = othersOn(board, runTitle(draft.run))
    .filter(({ conclusion }) => rank(conclusion) > rank(draft.conclusion))
    .toSorted((a, b) => rank(b.conclusion) - rank(a.conclusion));
  for (const { made, conclusion } of worse) {
    if (typeof made?.subject !== "number" || !(await standsOn(board, made.subject))) continue;
    const note = `Pull request #${made.subject} has the same head commit. GitHub shows one result a commit, so its worse one stands here too; what follows is about this pull request.`;
    return { draft: withParagraph({ ...draft, conclusion: conclusion as Conclusion }, note), borrowed: true };
  }
  return { draft, borrowed: false };
}

async function standsOn({ octokit, owner, repo, head }: Board, number: number): Promise<boolean> {
  const now = await currentState(octokit, { owner, repo, number });
  return now.open && now.head === head;
}
