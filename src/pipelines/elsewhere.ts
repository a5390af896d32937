import { WORKFLOW_FILE } from "./workflow-file.ts";

/** A file of another repository, as a `uses` names it: `owner/repo/path@ref`. */
export interface Target {
  readonly owner: string;
  readonly repo: string;
  /** Of a workflow the file, of an action the folder; empty for an action at the root. */
  readonly path: string;
  readonly ref: string;
}

const TARGET =
  /^(?<owner>[\w-]{1,39})\/(?<repo>[\w.-]{1,100})(?:\/(?<path>[\w./-]{1,200}))?@(?<ref>[\w./+-]{1,200})$/;

/** @returns undefined for what lies in the same repository, and for what is no name of GitHub's */
export function targetOf(uses: string): Target | undefined {
  const { owner, repo, path = "", ref } = TARGET.exec(uses)?.groups ?? {};
  if (owner === undefined || repo === undefined || ref === undefined || path.includes("..")) return undefined;
  return { owner, repo, path: path.replace(/\/+$/, ""), ref };
}

export const isWorkflow = ({ path }: Target): boolean => WORKFLOW_FILE.test(path);

/** A branch or a tag can be moved; a commit cannot. */
export const isMutable = ({ ref }: Target): boolean => !/^[0-9a-f]{40}$/.test(ref);

/** Under which name a call's file is known, however its owner is written. */
export const keyOf = ({ owner, repo, path, ref }: Target): string =>
  `${owner.toLowerCase()}/${repo.toLowerCase()}/${path}@${ref}`;

const USES = /^[ \t]*(?:-[ \t]+)?uses:[ \t]*["']?([^\s"'#]+)/gm;

/** What a pipeline's text calls, files of its own repository among it; comments are none. */
export const usesIn = (text: string): string[] => [...text.matchAll(USES)].map(([, uses = ""]) => uses);

/** The files in which what is called may be written, the likelier one first. */
export const filesOf = (target: Target): string[] =>
  isWorkflow(target)
    ? [target.path]
    : ["action.yml", "action.yaml"].map((file) => (target.path === "" ? file : `${target.path}/${file}`));

/** What a file of another repository means by `./.github/workflows/x.yml`: the file beside it, at the same commit. */
export function beside(uses: string, { owner, repo }: Target, commit: string): Target | undefined {
  const path = /^(?:\.|\$)\/(.+)$/.exec(uses)?.[1];
  const target = path === undefined ? undefined : { owner, repo, path, ref: commit };
  return target && isWorkflow(target) ? target : undefined;
}
