import { CannotReview, statusOf } from "./errors.ts";
import type { Octokit } from "./octokit.ts";

/** One file that differs between merge base and head. */
export interface FileChange {
  readonly path: string;
  /** Of a renamed file. */
  readonly previous?: string;
  /** The diff's hunks; absent where the file is binary or the diff too large, or where it was not asked for. */
  readonly patch?: string;
}

export interface Comparison {
  readonly mergeBase: string;
  readonly files: readonly FileChange[];
  /** Whether GitHub may have left files out: it lists 300 at most. */
  readonly complete: boolean;
}

interface Place {
  readonly owner: string;
  readonly repo: string;
}

/** Docs, "Compare two commits": at most 300 files, whatever the page. */
const COMPARED = 300;
/** Docs, "List pull requests files": 3,000 files in pages of 100. */
const LISTED = 3000;
const PAGE = 100;

interface RawFile {
  readonly filename: string;
  readonly previous_filename?: string;
  readonly patch?: string;
}

const changeOf = ({ filename, previous_filename, patch }: RawFile): FileChange => ({
  path: filename,
  ...(previous_filename !== undefined && { previous: previous_filename }),
  ...(patch !== undefined && { patch }),
});

/**
 * The merge base of two commits and what differs between it and the head: the pull request's own diff.
 * @throws CannotReview where the two have no common history
 */
export async function compare(
  octokit: Octokit,
  place: Place,
  base: string,
  head: string,
): Promise<Comparison> {
  try {
    const { data } = await octokit.request("GET /repos/{owner}/{repo}/compare/{basehead}", {
      ...{ owner: place.owner, repo: place.repo },
      basehead: `${base}...${head}`,
      // The commits are not looked at; files come whole on the first page.
      per_page: 1,
    });
    const files = (data.files ?? []).map(changeOf);
    return { mergeBase: data.merge_base_commit.sha, files, complete: files.length < COMPARED };
  } catch (error) {
    if (statusOf(error) !== 404 || !/common ancestor/i.test((error as Error).message)) throw error;
    throw new CannotReview(
      "The base branch and this head have no common history. Rebase onto the base branch.",
    );
  }
}

/** The files of a pull request, for those with more than a comparison lists; undefined where these are not all either. */
export async function listFiles(
  octokit: Octokit,
  place: Place,
  number: number,
): Promise<FileChange[] | undefined> {
  const files: FileChange[] = [];
  for (let page = 1; files.length < LISTED; page++) {
    const { data } = await octokit.request("GET /repos/{owner}/{repo}/pulls/{pull_number}/files", {
      ...{ owner: place.owner, repo: place.repo, page },
      pull_number: number,
      per_page: PAGE,
    });
    files.push(...data.map(changeOf));
    if (data.length < PAGE) return files;
  }
  return undefined;
}
