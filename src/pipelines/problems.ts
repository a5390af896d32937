import type { Location, Problem, Severity, Stage, Subject } from "../engine/types.ts";
import { causeOf } from "./cause.ts";
import type { Cause } from "./cause-parts.ts";
import { weakenings } from "./compare.ts";
import type { Change, Weakening } from "./compare.ts";
import type { Deploy } from "./deploys.ts";
import type { Purpose } from "./evidence-table.ts";
import type { Evidence } from "./evidence.ts";
import type { Job } from "./model.ts";

/** How people call a stage. */
export const STAGE_WORDS: Readonly<Record<Stage, string>> = {
  unit: "unit tests",
  acceptance: "acceptance tests",
  performance: "performance tests",
  stress: "stress tests",
  rollback: "rollback test",
  "data-restore": "data-restore test",
  penetration: "penetration test",
};

const WORDS: Readonly<Record<Purpose, string>> = {
  ...STAGE_WORDS,
  "security-scan": "security scan",
  lint: "lint",
  staging: "staging deploy",
};

/** What a purpose is called in messages. */
export const wordsOf = (purpose: Purpose): string => WORDS[purpose];

/** A place as people type it. */
export const shown = ({ path, line }: Location): string => `${path}:${line}`;

/** The subject of a finding about a job: `file#job`. */
export function jobSubject(job: Job, path: string): Subject {
  return { ref: `${path}#${job.id}`, kind: "Job", namespace: "", name: job.id, labels: {} };
}

/** The subject that a deploy's row is about: `file#job`. */
export function subjectOfDeploy(ref: string): Subject {
  return { ref, kind: "Job", namespace: "", name: ref.slice(ref.lastIndexOf("#") + 1), labels: {} };
}

/** The subject of a finding about a deploy. */
export const deploySubject = (deploy: Deploy): Subject => jobSubject(deploy.root, deploy.pipeline.path);

/** Weakenings of one kind as problems: those with one cause are one problem. */
export function weakeningProblems(change: Change, wanted: (weakening: Weakening) => boolean): Problem[] {
  const causes = weakenings(change)
    .filter(wanted)
    .map((weakening) => ({ weakening, cause: causeOf(weakening, change) }));
  const groups = Map.groupBy(causes, ({ cause, weakening }) =>
    [cause.at.path, cause.at.line, cause.what, weakening.deploy?.after.ref].join("\n"),
  );
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    return first
      ? [
          problemOf(
            first.cause,
            group.map(({ weakening }) => weakening),
          ),
        ]
      : [];
  });
}

function problemOf(cause: Cause, group: readonly Weakening[]): Problem {
  const most = group.map(mostOf);
  const subject = jobSubject(cause.job, cause.home ?? cause.at.path);
  const purposes = [...new Set(group.map(({ purpose }) => purpose))].sort();
  const deploys = [...new Set(group.flatMap(({ deploy }) => deploy?.after.ref ?? []))].sort();
  return {
    subject,
    at: cause.at,
    message: `${cause.what}. ${consequence(group)}`,
    key: [...purposes, ...deploys].join(" "),
    ...(cause.fix === undefined ? {} : { fix: cause.fix }),
    ...(cause.suggestion ? { suggestion: cause.suggestion } : {}),
    ...(most.includes(undefined) ? {} : { atMost: most.includes("warning") ? "warning" : "notice" }),
  };
}

/** What is proved: an error where a named production deploy loses what surely stopped it. */
function mostOf({ kind, deploy, purpose, was, is, before }: Weakening): Severity | undefined {
  if (purpose === "lint") return "notice";
  if (!deploy?.after.named || was.verdict !== "required" || before.confidence < 0.7) return "warning";
  return ["skippable", "bypassable", "absent"].includes(is.verdict) && kind === "weakened"
    ? "warning"
    : undefined;
}

function consequence(group: readonly Weakening[]): string {
  const [first] = group;
  if (!first) return "";
  const perJob = new Map(
    group.map(({ before, after = before }) => {
      const { purpose } = before;
      return [`${purpose} ${before.job.key}`, { ...after, purpose }];
    }),
  );
  const tests = [...perJob.values()].map(testOf).join(", ");
  return first.deploy ? beforeDeploy(first, first.deploy.after, tests) : inChecks(first, tests);
}

function testOf({ purpose, job, at }: Evidence): string {
  return `${wordsOf(purpose)} (job ${job.id}, ${at.side === "base" ? "until now at " : ""}${shown(at)})`;
}

function beforeDeploy({ kind, is }: Weakening, deploy: Deploy, tests: string): string {
  const name = `${deploy.root.id} (${shown(deploy.root.at)})`;
  const when = is.scenario === "" ? "" : ` on ${is.scenario}`;
  if (kind === "weakened" && is.verdict === "absent")
    return `${name} deployed to production only after the ${tests}; now other tests of that kind are all that it waits for${when}.`;
  if (kind === "gone")
    return `${name} deployed to production only after the ${tests}; now it deploys${when} without that.`;
  return `${name} can now deploy to production${when} even if this failed or did not run: ${tests}. ${ENDS[is.verdict] ?? ""}`.trim();
}

const ENDS: Readonly<Partial<Record<string, string>>> = {
  skippable: "The test can be skipped.",
  bypassable: "An input, a variable, a label or a message lets the deploy bypass it.",
  "not-on-trigger": "The test does not run on this event.",
  post: "The test runs only after the deploy.",
  unlinked: "The test is left in another workflow, and nothing in the files makes the deploy wait for it.",
  capability: "The test is left to be run by hand or on a schedule.",
};

function inChecks({ kind, is }: Weakening, tests: string): string {
  if (kind === "gone")
    return `Nothing else that could be read in the repository's pipelines does the work of the ${tests}.`;
  if (is.verdict === "not-on-trigger")
    return `The ${tests} no longer run before a merge: what is broken is found once it is on the way to production.`;
  if (is.verdict === "capability")
    return `The ${tests} no longer run by themselves on pushes and pull requests.`;
  return `The ${tests} can fail now, and pushes and pull requests stay green: what is broken reaches the next deploy unseen.`;
}
