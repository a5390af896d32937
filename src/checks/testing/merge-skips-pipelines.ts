import type { Facts, Problem, RequestWords } from "../../engine/types.ts";
import type { Delivery } from "../../pipelines/delivery.ts";
import type { Pipeline } from "../../pipelines/model.ts";
import { jobSubject } from "../../pipelines/problems.ts";
import { passes } from "../../pipelines/scenarios.ts";
import { skipMarker } from "../../pipelines/skip-markers.ts";
import { defineCheck, severities } from "../define.ts";

const files = (mark = "", on = "push: { branches: [main] }"): Record<string, string> => ({
  ".github/workflows/release.yml": `on:${mark}
  ${on}
jobs:
  deploy-production:
    runs-on: ubuntu-latest
    steps:
      - run: helm upgrade --install shop ./chart
`,
});
const request = (words: Partial<RequestWords>): Facts => ({
  request: { branch: "main", title: "Two more pods", message: "Two more pods", commits: 1, ...words },
});
const MARK = " # <- finding";

export default defineCheck({
  id: "merge-skips-pipelines",
  title: "Once merged, the change starts no workflow: neither tests nor the deploy",
  pillar: "testing",
  kind: "pipelines",
  severity: severities("warning", "warning", "notice"),
  confidence: "likely",
  why: "A squash or merge commit carries the title of the pull request, and GitHub starts no workflow for a push whose message says so. Production stays as it was while everybody believes that it is updated, and the next deploy brings both changes at once.",
  fix: "Take the marker out of the title, or of the commit's message, before the merge.",
  references: ["https://docs.github.com/en/actions/how-tos/manage-workflow-runs/skip-workflow-runs"],
  unsafe: [
    {
      title: "the title of the pull request says [skip ci]",
      facts: request({ title: "Two more pods [skip ci]" }),
      before: files(),
      after: files(MARK),
    },
    {
      title: "the only commit says [ci skip]",
      facts: request({ message: "[ci skip] Two more pods" }),
      before: files(),
      after: files(MARK),
    },
    {
      title: "the only commit ends in the trailer",
      facts: request({ message: "Two more pods\n\n\nskip-checks: true" }),
      before: files(),
      after: files(MARK),
    },
  ],
  safe: [
    {
      title: "the title speaks of skipping something else",
      facts: request({ title: "Skip CI on forks" }),
      before: files(),
      after: files(),
    },
    {
      title: "nothing is deployed by a push",
      facts: request({ title: "Two more pods [skip ci]" }),
      before: files("", "workflow_dispatch:"),
      after: files("", "workflow_dispatch:"),
    },
    {
      title: "pushes to another branch deploy",
      facts: request({ title: "Two more pods [skip ci]" }),
      before: files("", "push: { branches: [production] }"),
      after: files("", "push: { branches: [production] }"),
    },
    {
      title: "nothing is known of the request",
      before: files(),
      after: files(),
    },
  ],

  run: ({ after }) => {
    const { request: words } = after.facts;
    return words ? problemsOf(words, after) : [];
  },
});

function problemsOf(words: RequestWords, delivery: Delivery): Problem[] {
  const inTitle = skipMarker(words.title);
  const marker = inTitle ?? skipMarker(words.message);
  if (marker === undefined) return [];
  const [deploy] = delivery.production.filter(({ pipeline }) => startsOn(pipeline, words.branch));
  if (!deploy) return [];
  const { pipeline, root } = deploy;
  const where = inTitle === undefined ? "The last commit's message" : "The title of this pull request";
  const message = `${where} says ${marker}, and the merge carries that to ${words.branch}: GitHub then starts no workflow, so ${root.id} of ${pipeline.path} does not deploy this change, and no test runs on it.`;
  const fix = `Take ${marker} out of ${inTitle === undefined ? "the commit's message" : "the title"} before the merge.`;
  // Of several commits, a squash takes the title first, and a merge commit only the title.
  const most = inTitle === undefined && words.commits > 1 ? { atMost: "notice" as const } : {};
  return [
    { subject: jobSubject(root, pipeline.path), at: pipeline.triggersAt, message, fix, key: marker, ...most },
  ];
}

const startsOn = ({ provider, triggers }: Pipeline, branch: string): boolean =>
  provider === "github-actions" &&
  triggers.some(
    ({ event, branches, tags }) =>
      event === "push" && (branches.length > 0 ? passes(branches, branch) : tags.length === 0),
  );
