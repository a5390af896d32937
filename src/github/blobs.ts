import type { Blob } from "../engine/types.ts";
import { decode } from "../sources/relevant.ts";
import type { Entry } from "./blob-cache.ts";
import { graphqlErrors, isAborted, isUnknownOutcome, limitedUntil } from "./errors.ts";
import { ask } from "./graphql.ts";
import { blobsQuery, type BlobAnswer } from "./queries.ts";
import { cacheKey, pooled, type Source } from "./source.ts";

/** A blob's text, or a sentence that says why it has none. */
export type Content = Blob | string;

/** What one request asks for: GitHub stops a query after 10 s, and measured answers of 1 MB take about 2 s. */
const BATCH = { blobs: 100, bytes: 1_000_000 };
/** Of the 100 requests that GitHub lets an app make at once, over all installations' reviews. */
const AT_ONCE = 4;

/** The contents by SHA. What is known is not asked for again; equal blobs are read once, whichever side they are on. */
export async function readBlobs(source: Source, entries: readonly Entry[]): Promise<Map<string, Content>> {
  const found = new Map<string, Content>();
  const missing = new Map<string, Entry>();
  for (const entry of entries) {
    const known = source.cache.blobs.get(cacheKey(source, entry.sha));
    if (known) found.set(entry.sha, known);
    else missing.set(entry.sha, entry);
  }
  const read = await pooled(batches([...missing.values()]), AT_ONCE, (batch) => readBatch(source, batch));
  for (const [sha, content] of read.flat()) {
    found.set(sha, content);
    if (typeof content !== "string") source.cache.blobs.set(cacheKey(source, sha), content);
  }
  return found;
}

/** In the entries' order, each at most as large as one request may be. */
function batches(entries: readonly Entry[]): Entry[][] {
  const all: Entry[][] = [];
  let bytes = Infinity;
  for (const entry of entries) {
    const last = all.at(-1);
    if (!last || last.length >= BATCH.blobs || bytes + entry.size > BATCH.bytes) {
      all.push([entry]);
      bytes = entry.size;
    } else {
      last.push(entry);
      bytes += entry.size;
    }
  }
  return all;
}

type Read = readonly (readonly [string, Content])[];

/** One request; where GitHub cannot answer it whole, two halves; the last one alone by the REST API. */
async function readBatch(source: Source, batch: readonly Entry[]): Promise<Read> {
  const shas = batch.map(({ sha }) => sha);
  const answers = await askForBlobs(source, shas);
  if (answers)
    return Promise.all(
      shas.map(async (sha, index) => [sha, await contentOf(source, sha, answers[index])] as const),
    );
  const [first, ...others] = shas;
  if (first !== undefined && others.length === 0) return [[first, await contentOf(source, first, undefined)]];
  const half = Math.ceil(batch.length / 2);
  return [
    ...(await readBatch(source, batch.slice(0, half))),
    ...(await readBatch(source, batch.slice(half))),
  ];
}

type Answers = (BlobAnswer | undefined)[];

/** Answers in the order of the SHAs; undefined where GitHub took too long, or answered in part. */
async function askForBlobs(source: Source, shas: readonly string[]): Promise<Answers | undefined> {
  const { octokit, owner, repo } = source;
  try {
    // What takes too long is asked for in halves, not again.
    const request = { retries: 0 };
    const answer = await ask<Blobs>(octokit, blobsQuery(shas), { owner, repo }, request);
    if (answer.errors.length > 0) return undefined;
    return shas.map((_, index) => answer.data.repository?.[`b${index}`] ?? undefined);
  } catch (error) {
    if (isAborted(error) || limitedUntil(error, new Date(0))) throw error;
    if (isUnknownOutcome(error) || graphqlErrors(error).length > 0) return undefined;
    throw error;
  }
}

interface Blobs {
  repository: Record<string, BlobAnswer | null> | null;
}

const NOT_UTF8 = "\uFFFD";

/** GraphQL cuts long texts and replaces what is not UTF-8; both are read again as they are. */
async function contentOf(source: Source, sha: string, answer: BlobAnswer | undefined): Promise<Content> {
  const isWhole = answer && !answer.isTruncated && answer.text?.includes(NOT_UTF8) === false;
  const bytes = isWhole ? Buffer.from(answer.text ?? "") : await readRaw(source, sha);
  const read = decode(bytes);
  return typeof read === "string" ? read : { sha, text: read.text };
}

async function readRaw({ octokit, owner, repo }: Source, sha: string): Promise<Uint8Array> {
  const { data } = await octokit.request("GET /repos/{owner}/{repo}/git/blobs/{file_sha}", {
    ...{ owner, repo },
    file_sha: sha,
  });
  return Buffer.from(data.content, "base64");
}
