import type { CheckRun, Repository } from "../../test/github-server/index.ts";

const NAMES = ["nines / zero-downtime", "nines / test-stages"] as const;

/** What is wrong with what a repository's pull requests ended up with. */
export interface Faults {
  readonly missing: readonly string[];
  readonly open: readonly string[];
  readonly doubledRuns: readonly string[];
  readonly doubledComments: readonly string[];
}

/** Every pull request must have exactly one concluded check run of each name on its head, and no comment twice. */
export function inspect(repository: Repository, pulls: readonly number[]): Faults {
  const faults = {
    missing: [] as string[],
    open: [] as string[],
    doubledRuns: [] as string[],
    doubledComments: [] as string[],
  };
  for (const pull of pulls) {
    const runs = repository.checkRuns(repository.pullRequest(pull).headSha);
    for (const name of NAMES)
      inspectRuns(
        `#${pull} ${name}`,
        runs.filter((run) => run.name === name),
        faults,
      );
    const places = repository
      .reviewComments(pull)
      .map(({ path, line, body }) => `#${pull} ${path}:${line ?? 0} ${markerOf(body)}`);
    faults.doubledComments.push(...doubled(places));
  }
  return faults;
}

function inspectRuns(
  label: string,
  runs: readonly CheckRun[],
  faults: { missing: string[]; open: string[]; doubledRuns: string[] },
): void {
  if (!runs.some(({ status }) => status === "completed")) faults.missing.push(label);
  if (runs.some(({ status }) => status !== "completed")) faults.open.push(label);
  if (runs.length > 1) faults.doubledRuns.push(`${label} ×${runs.length}`);
}

/** The hidden line by which a comment is found again. */
const markerOf = (body: string): string => /<!-- nines:\S+ \S+ -->/.exec(body)?.[0] ?? body;

const doubled = (texts: readonly string[]): string[] => [
  ...new Set(texts.filter((text, index) => texts.indexOf(text) !== index)),
];
