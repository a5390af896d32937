import type { Location } from "../engine/types.ts";
import type { Deploy } from "./deploys.ts";
import type { Job, Step } from "./model.ts";

/** What a name of code or of an image points to. */
export interface Pin {
  /** What is named, without its version. */
  readonly name: string;
  readonly ref: string;
  readonly at: Location;
  readonly job: Job;
}

/** Branches by their usual names; everything else may be a tag. */
const BRANCH = /^(refs\/heads\/.*|main|master|trunk|develop|dev|head|next|latest|edge)$/i;

/** Whether a reference is the name of a usual branch, which moves with each merge. */
export const isBranch = ({ ref }: Pin): boolean => BRANCH.test(ref);

/** Actions and workflows that jobs use, by the name before the `@`. */
export function usedBy(jobs: readonly Job[]): Pin[] {
  return jobs.flatMap((job) => {
    const steps = job.steps.flatMap(({ uses, at }) => (uses === undefined ? [] : pinOf(uses, at, job)));
    return [...(job.call ? pinOf(job.call.target, job.at, job) : []), ...steps];
  });
}

function pinOf(uses: string, at: Location, job: Job): Pin[] {
  const [, name = "", ref] = /^([\w.-]+\/[^@\s]+)@(\S+)$/.exec(uses) ?? [];
  return ref === undefined ? [] : [{ name: name.toLowerCase(), ref, at, job }];
}

const IMAGE = /^(?<name>.+?)(?<ref>@sha256:[0-9a-f]{12,64}|:latest)$/;
const LONGEST = 300;

/** Images that the steps of a deploy name, by digest or as `latest`. */
export function imagesOf({ points }: Deploy): Pin[] {
  const jobs = new Set(points.map(({ job }) => job));
  return [...jobs].flatMap((job) =>
    job.steps.flatMap((step) =>
      wordsOf(step).flatMap((word) => {
        const { name, ref } = IMAGE.exec(word)?.groups ?? {};
        return name === undefined || ref === undefined ? [] : [{ name, ref, at: step.at, job }];
      }),
    ),
  );
}

/** Arguments that name the version which a deploy brings: `kubectl set image x=y:tag`, `helm --set image.tag=tag`. */
const VERSIONS: readonly { readonly of: RegExp; readonly is: RegExp }[] = [
  {
    of: /^(kubectl|oc)\b.* set image\b|^kustomize edit set image\b/,
    is: /^(?<name>[\w.-]+)=\S+?(?<ref>:[^:/\s]+)$/,
  },
  { of: /^kustomize edit set image\b/, is: /^(?<name>[\w./-]+?)(?<ref>:[^:/\s=]+)$/ },
  { of: /^helm\b.* --set(-string)?[= ]/, is: /^(?<name>(?:[\w-]+\.)*(?:tag|\w*(?:_t|T)ag))=(?<ref>\S+)$/ },
];
/** A version that an image's tag names, and that moves. */
const MOVING = /^:?(latest|main|master|trunk|develop|dev|edge|head)$/i;

/** A version that a command of a deploy names, by what it is the version of. */
export interface Version extends Pin {
  /** Whether another image may have the same name tomorrow. */
  readonly moves: boolean;
  /** The argument, as it is written. */
  readonly text: string;
}

/** The versions that the commands of a deploy name. */
export function versionsOf({ points }: Deploy): Version[] {
  return points.flatMap(({ text, at, job }) => {
    // An expression is one word, whatever it holds.
    const words = text
      .replaceAll(/\$\{\{[^}]{0,300}\}\}/g, (fence) => fence.replaceAll(/\s/g, "\u0000"))
      .slice(0, 5_000)
      .split(/[\s,]+/)
      .map((word) => word.replace(/^--set(-string)?=/, ""));
    return VERSIONS.filter(({ of }) => of.test(text)).flatMap(({ is }) =>
      words.flatMap((word): Version[] => {
        const { name, ref } = is.exec(word)?.groups ?? {};
        if (name === undefined || ref === undefined) return [];
        return [{ name, ref, at, job, text: word.replaceAll("\u0000", " "), moves: MOVING.test(ref) }];
      }),
    );
  });
}

const wordsOf = (step: Step): string[] =>
  textOf(step)
    .split(/[\s"'=,;]+/)
    .filter((word) => word.length <= LONGEST);

const textOf = ({ run = "", arguments: given, environment }: Step): string =>
  [run, ...Object.values(given), ...Object.values(environment)].join("\n").slice(0, 100_000);

/** The steps that check out a repository's files: this one's, where no other is named. */
export const checkouts = (jobs: readonly Job[]): { readonly job: Job; readonly step: Step }[] =>
  jobs.flatMap((job) =>
    job.steps
      .filter(({ uses, arguments: given }) => /^actions\/checkout@/.test(uses ?? "") && !given["repository"])
      .map((step) => ({ job, step })),
  );
