import type { PolicySource } from "../policy/index.ts";
import type { PullName } from "../github/threads.ts";
import { Unreadable } from "../sources/unreadable.ts";
import type { ReviewSource } from "./review.ts";

const NAME = /^([\w.-]+)\/([\w.-]+)#([1-9]\d*)$/;
const ADDRESS = /^https?:\/\/[^/]+\/([\w.-]+)\/([\w.-]+)\/pull\/([1-9]\d*)(?:[/?#].*)?$/;

/** `owner/name#12`, or the pull request's address in a browser. @throws Unreadable */
export function parsePullRequest(target: string): PullName {
  const [, owner, repo, number] = NAME.exec(target) ?? ADDRESS.exec(target) ?? [];
  if (owner === undefined || repo === undefined) {
    throw new Unreadable(
      `${JSON.stringify(target)} names no pull request: write owner/name#12, or nothing for a local change (see --base and --head).`,
    );
  }
  return { owner, repo, number: Number(number) };
}

/**
 * Both sides of a pull request and the policies in force, read with a person's token. GITHUB_API_URL names the REST
 * root of a GitHub Enterprise Server, as it does inside GitHub Actions.
 * @throws Unreadable where GitHub does not give it
 */
export async function loadFromGitHub(name: PullName, token: string | undefined): Promise<ReviewSource> {
  if (!token) {
    throw new Unreadable(
      "There is no token for GitHub: set GITHUB_TOKEN (for example to $(gh auth token)), or give --token.",
    );
  }
  // Loaded only here: a review of a local repository has no use for a client of GitHub.
  const { tokenOctokit } = await import("../github/octokit.ts");
  const { loadPullRequest } = await import("../github/load-pull-request.ts");
  const { limitedUntil } = await import("../github/errors.ts");
  const octokit = tokenOctokit(token, process.env["GITHUB_API_URL"]);
  try {
    const { base, head, policies, known } = await loadPullRequest(octokit, name);
    return { base, head, policies: readable(policies), known };
  } catch (error) {
    throw explained(error, name, limitedUntil(error, new Date()));
  }
}

function readable(policies: {
  sources: readonly PolicySource[];
  unreadable: readonly string[];
}): readonly PolicySource[] {
  if (policies.unreadable.length > 0) throw new Unreadable(policies.unreadable.join(" "));
  return policies.sources;
}

function explained(error: unknown, { owner, repo, number }: PullName, limited: Date | undefined): unknown {
  if (error instanceof Unreadable || !(error instanceof Error)) return error;
  const because = { cause: error };
  const name = `${owner}/${repo}#${number}`;
  const status = (error as Error & { readonly status?: unknown }).status;
  if (limited)
    return new Unreadable(
      `GitHub's rate limit is used up until ${limited.toISOString()}: try again then.`,
      because,
    );
  if (status === 401) return new Unreadable("GitHub does not accept the token: make a new one.", because);
  if (error.name === "Gone" || status === 404) {
    return new Unreadable(
      `${name} was not found: check the name, and that the token may read the repository.`,
      because,
    );
  }
  if (error.name === "CannotReview") return new Unreadable(error.message, because);
  if (typeof status === "number")
    return new Unreadable(`GitHub answered ${status} for ${name}: ${error.message}`, because);
  return error;
}
