import type { BranchRules, Facts, Location, Problem, RequiredCheck } from "../../engine/types.ts";
import type { Change } from "../../pipelines/compare.ts";
import type { Delivery } from "../../pipelines/delivery.ts";
import type { Job, Pipeline } from "../../pipelines/model.ts";
import { jobSubject, shown } from "../../pipelines/problems.ts";
import { inQueue, onAllChanges, onChanges, reportersOf, type Reporter } from "../../pipelines/reporters.ts";
import { defineCheck, severities } from "../define.ts";

const FILE = ".github/workflows/ci.yml";

const workflow = (on: string, jobs: string): Record<string, string> => ({
  [FILE]: `on:${on}\njobs:\n${jobs}`,
});
const job = (id: string, more = ""): string => `  ${id}:
    runs-on: ubuntu-latest
${more}    steps:
      - run: go test ./...
`;
const ON = "\n  pull_request:";
const GOOD = workflow(ON, job("test"));
const RULES: BranchRules = {
  branch: "main",
  checks: [{ name: "test", by: 'the ruleset "main"' }],
  workflows: [],
  queue: false,
};
const facts: Facts = { rules: RULES };
const queued: Facts = { rules: { ...RULES, queue: true } };

export default defineCheck({
  id: "required-check-never-reports",
  title: "A check that the branch's rules require is no longer reported",
  pillar: "testing",
  kind: "pipelines",
  severity: severities("warning", "warning", "warning"),
  confidence: "certain",
  why: "Rules bind to the name of a check. Under another name, or in a workflow that does not start, the check stays pending and no pull request can be merged, not even a fix during an outage. Somebody then removes the requirement, and nothing protects the branch.",
  fix: "Keep the name of the check, or change the rule together with the merge; let its workflow start for every pull request.",
  references: [
    "https://docs.github.com/en/pull-requests/collaborating-with-pull-requests/collaborating-on-repositories-with-code-quality-features/troubleshooting-required-status-checks",
    "https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-rulesets/available-rules-for-rulesets#require-status-checks-to-pass-before-merging",
  ],
  unsafe: [
    {
      title: "the required job is renamed",
      facts,
      before: GOOD,
      after: workflow(ON, job("unit").replace("unit:", "unit: # <- finding")),
    },
    {
      title: "it gets a name of its own",
      facts,
      before: GOOD,
      after: workflow(ON, job("test", "    name: Unit tests # <- finding\n")),
    },
    {
      title: "a matrix makes two checks of it",
      facts,
      before: GOOD,
      after: workflow(
        ON,
        job("test", "    strategy: { matrix: { go: ['1.24', '1.25'] } }\n").replace(
          "test:",
          "test: # <- finding",
        ),
      ),
    },
    {
      title: "its workflow starts for some files only",
      facts,
      before: GOOD,
      after: workflow("\n  pull_request: # <- finding\n    paths: [src/**]", job("test")),
    },
    {
      title: "its workflow no longer starts for commits of the merge queue",
      facts: queued,
      before: workflow(`${ON}\n  merge_group:`, job("test")),
      after: workflow(` # <- finding${ON}`, job("test")),
    },
    {
      title: "its file is deleted",
      facts,
      before: {
        [FILE]: (GOOD[FILE] ?? "").replace("test:", "test: # <- finding"),
        "deploy.yaml": "kind: Namespace\napiVersion: v1\nmetadata: { name: shop }\n",
      },
      after: { "deploy.yaml": "kind: Namespace\napiVersion: v1\nmetadata: { name: shop }\n" },
    },
  ],
  safe: [
    {
      title: "the job keeps its name under another id",
      facts,
      before: GOOD,
      after: workflow(ON, job("unit", "    name: test\n")),
    },
    {
      title: "no rule asks for the check",
      facts: { rules: { ...RULES, checks: [] } },
      before: GOOD,
      after: workflow(ON, job("unit")),
    },
    {
      title: "the rules are not known",
      before: GOOD,
      after: workflow(ON, job("unit")),
    },
    {
      title: "a second workflow reports the same check for the other files",
      facts,
      before: GOOD,
      after: {
        ...workflow("\n  pull_request:\n    paths: [src/**]", job("test")),
        ".github/workflows/skip.yml": `on:\n  pull_request:\n    paths-ignore: [src/**]\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps: [{ run: echo }]\n`,
      },
    },
    {
      title: "the job moves to another file",
      facts,
      before: GOOD,
      after: { ".github/workflows/test.yml": GOOD[FILE] ?? "" },
    },
    {
      title: "the name is computed now and may be the same",
      facts,
      before: GOOD,
      after: workflow(ON, job("test", "    name: ${{ vars.NAME }}\n")),
    },
  ],

  run: (change) => {
    const { rules } = change.after.facts;
    return typeof rules === "object" ? rules.checks.flatMap((check) => problemOf(check, rules, change)) : [];
  },
});

/** One check is one problem: that it is gone says more than that it is filtered. */
function problemOf(check: RequiredCheck, rules: BranchRules, change: Change): Problem[] {
  const changes = lost(check, change, onChanges(rules.branch));
  if (changes) return [goneProblem(check, changes, change)];
  const all = lost(check, change, onAllChanges(rules.branch));
  if (all && reportersOf(check, change.after, onChanges(rules.branch)).surely.length === 1)
    return filteredProblem(check, rules, change);
  const queue = rules.queue ? lost(check, change, inQueue) : undefined;
  return queue ? queueProblem(check, queue, change) : [];
}

/** The job that reported the check on base, where nothing on head does, not even perhaps. */
function lost(
  check: RequiredCheck,
  { before, after }: Change,
  triggers: Parameters<typeof reportersOf>[2],
): Reporter | undefined {
  const [was] = reportersOf(check, before, triggers).surely;
  const is = reportersOf(check, after, triggers);
  return is.surely.length + is.perhaps.length === 0 ? was : undefined;
}

function goneProblem(check: RequiredCheck, { job, pipeline }: Reporter, change: Change): Problem {
  const heir = heirOf(job, pipeline, change);
  const unread = change.after.opaque.some((target) => !change.before.opaque.includes(target));
  const what = heir
    ? `Job ${heir.id} (${shown(heir.at)}) reports under another name`
    : `Job ${job.id} (until now at ${shown(job.at)}) no longer runs on pull requests`;
  const message = `${what}, and ${check.by} requires the check "${check.name}": it stays pending, and no pull request can be merged until somebody changes the rule.`;
  const fix = heir
    ? `Give ${heir.id} \`name: ${check.name}\`, or replace "${check.name}" in ${check.by} when this is merged.`
    : `Keep a job that reports "${check.name}" on pull requests, or take it out of ${check.by} when this is merged.`;
  return {
    ...(heir
      ? { at: nameOf(heir, change.after), was: job.at }
      : { at: placeOf(pipeline, change) ?? job.at, was: job.at }),
    ...base(check, heir ?? job, pipeline),
    message,
    fix,
    ...(unread ? { atMost: "notice" as const } : {}),
  };
}

const base = (check: RequiredCheck, job: Job, { path }: Pipeline) => ({
  subject: jobSubject(job, path),
  key: check.name,
});

/** The job of head that took its place: the same id, else the only new one of its file. */
function heirOf(job: Job, { id }: Pipeline, { before, after }: Change): Job | undefined {
  const home = after.pipelines.find((pipeline) => pipeline.id === id);
  const known = new Set(before.pipelines.find((pipeline) => pipeline.id === id)?.jobs.map(({ key }) => key));
  const same = home?.jobs.find(({ key }) => key === job.key);
  const [only, ...more] = home?.jobs.filter(({ key }) => !known.has(key)) ?? [];
  return same ?? (more.length === 0 ? only : undefined);
}

/** Where a job's name is written, if it is. */
function nameOf({ at, name }: Job, { text }: Delivery): Location {
  if (name === "") return at;
  const lines = text(at.path)?.split("\n") ?? [];
  const index = lines.findIndex((line, number) => number >= at.line && /^\s+name:/.test(line));
  const length = lines[index]?.length ?? 0;
  return index === -1 ? at : { ...at, line: index + 1, column: 1, endLine: index + 1, endColumn: length + 1 };
}

const placeOf = ({ id }: Pipeline, { after }: Change): Location | undefined =>
  after.pipelines.find((pipeline) => pipeline.id === id)?.triggersAt;

function filteredProblem(check: RequiredCheck, { branch }: BranchRules, change: Change): Problem[] {
  const [is] = reportersOf(check, change.after, onChanges(branch)).surely;
  const trigger = is && onChanges(branch)(is.pipeline)[0];
  if (!trigger) return [];
  const message = `${is.pipeline.path} now starts only for some files (${trigger.paths.join(", ")}), and ${check.by} requires its check "${check.name}": on a pull request that touches none of them the check stays pending, and it cannot be merged.`;
  const fix = `Start the workflow for every pull request, and let the steps of ${is.job.id} decide by the files whether there is something to do.`;
  return [{ ...base(check, is.job, is.pipeline), at: trigger.at, message, fix }];
}

function queueProblem(check: RequiredCheck, { job, pipeline }: Reporter, change: Change): Problem[] {
  const at = placeOf(pipeline, change);
  if (!at) return [];
  const message = `${pipeline.path} no longer starts on merge_group, and ${check.by} requires its check "${check.name}" of every commit in the merge queue: the queue waits for it, and merges nothing.`;
  const fix = `Keep \`merge_group:\` among the triggers of ${pipeline.path}.`;
  return [{ ...base(check, job, pipeline), at, message, fix }];
}
