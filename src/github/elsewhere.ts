import type { ElsewhereFile, Tree } from "../engine/types.ts";
import {
  beside,
  filesOf,
  isMutable,
  isWorkflow,
  keyOf,
  targetOf,
  usesIn,
  type Target,
} from "../pipelines/elsewhere.ts";
import { WORKFLOW_FILE } from "../pipelines/workflow-file.ts";
import { isAborted, limitedUntil } from "./errors.ts";
import { ask } from "./graphql.ts";
import { elsewhereQuery, type BlobAnswer, type ElsewhereAnswer } from "./queries.ts";
import { cacheKey, type Source } from "./source.ts";

/** What is read of other repositories for one review, and no more. */
const BOUNDS = { requests: 3, files: 40, characters: 200_000 };

type Found = ElsewhereFile | string;

/** Whose files may be read: private ones only for a private repository of the same owner, as GitHub itself allows. */
export interface Reader {
  readonly source: Source;
  readonly isPrivate: boolean;
}

/**
 * Workflows of other repositories that the pipelines call, and actions of the same owner, with what these call: one
 * request a level. What is not given is a sentence that says why.
 */
export async function loadElsewhere(
  { source, isPrivate }: Reader,
  trees: readonly Tree[],
): Promise<ReadonlyMap<string, Found>> {
  const known = new Map<string, Found>();
  let level = firstCalls(trees, source);
  for (let requests = 0; level.length > 0;) {
    const fresh = level.filter((target) => !known.has(keyOf(target)));
    for (const target of fresh) remember(known, target, source.cache.elsewhere.get(cacheOf(source, target)));
    const asked = fresh.filter((target) => !known.has(keyOf(target)));
    const room = requests < BOUNDS.requests ? Math.max(0, BOUNDS.files - known.size) : 0;
    for (const target of asked.slice(room)) known.set(keyOf(target), "more is called than is read at once");
    if (asked.slice(0, room).length > 0) {
      requests++;
      await readLevel({ source, isPrivate }, asked.slice(0, room), known);
    }
    level = fresh.flatMap((target) => callsOf(target, known.get(keyOf(target)), source));
  }
  return known;
}

const cacheOf = (source: Source, target: Target): string => cacheKey(source, "elsewhere", keyOf(target));

function remember(known: Map<string, Found>, target: Target, found: Found | undefined): void {
  if (found !== undefined) known.set(keyOf(target), found);
}

/** Workflows of anybody; actions of the same owner only: the well-known ones are known by their names. */
const isWanted = (target: Target, { owner }: Source): boolean =>
  isWorkflow(target) || target.owner.toLowerCase() === owner.toLowerCase();

function distinct(targets: readonly (Target | undefined)[], source: Source): Target[] {
  const wanted = targets
    .filter((target) => target !== undefined)
    .filter((target) => isWanted(target, source));
  return [...new Map(wanted.map((target) => [keyOf(target), target])).values()];
}

const CALLERS = (path: string): boolean => WORKFLOW_FILE.test(path) || /(^|\/)action\.ya?ml$/.test(path);

function firstCalls(trees: readonly Tree[], source: Source): Target[] {
  const files = trees.flatMap((tree) => [...tree.files].filter(([path]) => CALLERS(path)));
  const texts = new Map(files.map(([, { sha, text }]) => [sha, text]));
  return distinct([...texts.values()].flatMap(usesIn).map(targetOf), source);
}

function callsOf(target: Target, found: Found | undefined, source: Source): Target[] {
  if (typeof found !== "object") return [];
  const calls = usesIn(found.blob.text).map((uses) => targetOf(uses) ?? beside(uses, target, found.commit));
  return distinct(calls, source);
}

async function readLevel(
  reader: Reader,
  targets: readonly Target[],
  known: Map<string, Found>,
): Promise<void> {
  const { source } = reader;
  const answers = await answersFor(source, targets);
  targets.forEach((target, index) => {
    const found = foundIn(answers?.[`r${index}`] ?? null, target, reader);
    known.set(keyOf(target), found);
    if (answers) source.cache.elsewhere.set(cacheOf(source, target), found, ttlOf(target, found));
  });
}

/** What a commit holds stays so; where a branch or a tag points to may be another commit soon. */
const ttlOf = (target: Target, found: Found) =>
  isMutable(target) || typeof found === "string" ? {} : { ttl: 0 };

async function answersFor(source: Source, targets: readonly Target[]): Promise<ElsewhereAnswer | undefined> {
  try {
    const query = elsewhereQuery(targets.map((target) => ({ ...target, files: filesOf(target) })));
    return (await ask<ElsewhereAnswer>(source.octokit, query, {}, { retries: 0 })).data;
  } catch (error) {
    if (isAborted(error) || limitedUntil(error, new Date(0))) throw error;
    return undefined;
  }
}

function foundIn(answer: ElsewhereAnswer[string], target: Target, reader: Reader): Found {
  const name = `${target.owner}/${target.repo}`;
  if (!answer) return `${name} is private, or there is no such repository`;
  if (answer.isPrivate && !mayReadPrivate(target, reader)) return `${name} is private`;
  const commit = commitOf(answer);
  const files = filesOf(target);
  const at = files.findIndex((_, index) => isText(answer[`f${index}`]));
  const blob = answer[`f${at}`];
  if (commit === undefined || !isText(blob)) return `${name} has no such file at ${target.ref}`;
  const text = blob.text ?? "";
  if (blob.isTruncated || text.length > BOUNDS.characters) return "it is too large to be read";
  return { path: files[at] ?? target.path, commit, blob: { sha: blob.oid, text } };
}

const mayReadPrivate = ({ owner }: Target, { source, isPrivate }: Reader): boolean =>
  isPrivate && owner.toLowerCase() === source.owner.toLowerCase();

/** An annotated tag is an object of its own, which points to the commit. */
const commitOf = ({ commit }: NonNullable<ElsewhereAnswer[string]>): string | undefined =>
  commit?.target?.oid ?? commit?.oid;

const isText = (blob: unknown): blob is BlobAnswer =>
  typeof blob === "object" && blob !== null && "text" in blob && typeof blob.text === "string";
