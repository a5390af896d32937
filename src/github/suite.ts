import type { Octokit } from "./octokit.ts";
import type { CheckRunLike } from "./subject.ts";

/** The check runs of one of our check suites, of all attempts; more than a hundred are not looked at. */
export async function runsOfSuite(
  octokit: Octokit,
  { owner, repo, suite }: { readonly owner: string; readonly repo: string; readonly suite: number },
): Promise<readonly CheckRunLike[]> {
  const { data } = await octokit.request(
    "GET /repos/{owner}/{repo}/check-suites/{check_suite_id}/check-runs",
    {
      owner,
      repo,
      check_suite_id: suite,
      filter: "all",
      per_page: 100,
    },
  );
  return data.check_runs;
}
