import { startGitHub, type GitHub, type Repository } from "../../test/github-server/index.ts";
import { startApp, type RunningApp } from "../support/app.ts";
import { afterChange, benchRepository } from "./manifests.ts";

/** Requests to GitHub that a push causes, tokens included. */
export interface Calls {
  /** The first review of a repository by a process that has seen nothing of it. */
  readonly cold: number;
  /** The next ordinary push to the same pull request. */
  readonly warm: number;
  /** A pull request that changes nothing relevant. */
  readonly irrelevant: number;
}

/** An ordinary repository: 100 manifests and one workflow. */
const MANIFESTS = 100;
const WORKFLOW = `name: test
on: [push]
jobs:
  unit:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: npm test
`;

/** Lets the real app review pull requests of a GitHub on this machine, and counts what it asks. */
export async function callsPerPush(): Promise<Calls> {
  const github = await startGitHub();
  try {
    await using app = await startApp(github);
    return await count(github, app);
  } finally {
    await github.close();
  }
}

async function count(github: GitHub, app: RunningApp): Promise<Calls> {
  const repository = benchRepository(MANIFESTS);
  const files = {
    ...Object.fromEntries(repository.files),
    ".github/workflows/test.yml": WORKFLOW,
    "README.md": "Shop\n",
  };
  const repo = await github.createRepository("acme/shop", files);
  const changed = [...afterChange(repository)].filter(([path, text]) => repository.files.get(path) !== text);
  let number = 0;
  const cold = await callsOf(github, app, repo, async () => {
    number = await repo.openPullRequest({ head: "change", changes: Object.fromEntries(changed) });
  });
  const [path = "", text = ""] =
    [...repository.files].find(([file]) => file.endsWith("deployment.yaml")) ?? [];
  const warm = await callsOf(github, app, repo, async () => {
    await repo.push(number, { [path]: text.replace(/(image: .*):[\d.]+/, "$1:1.6.0") });
  });
  const irrelevant = await callsOf(github, app, repo, async () => {
    await repo.openPullRequest({ head: "docs", changes: { "README.md": "The shop.\n" } });
  });
  return { cold, warm, irrelevant };
}

/** How many requests the app makes from an event until it has reviewed. */
async function callsOf(
  github: GitHub,
  app: RunningApp,
  repo: Repository,
  event: () => Promise<void>,
): Promise<number> {
  github.calls.reset();
  const reviewed = app.logged("reviewed");
  await event();
  await reviewed;
  const open = repo.checkRuns().filter(({ status }) => status !== "completed");
  if (open.length > 0) throw new Error(`Check run ${open[0]?.name ?? ""} was left open.`);
  return github.calls.all.filter(({ path: asked }) => !asked.startsWith("/app/hook/")).length;
}
