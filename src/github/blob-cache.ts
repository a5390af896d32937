import { LRUCache } from "lru-cache";
import type { Blob, BranchRules, ElsewhereFile, EnvironmentRules } from "../engine/types.ts";

/** One entry of a tree: a file, a symbolic link, a submodule, or a folder. */
export interface Entry {
  readonly path: string;
  readonly sha: string;
  /** Git's octal file mode. */
  readonly mode: string;
  /** In bytes; 0 for what is not a file. */
  readonly size: number;
}

export const FOLDER = "040000";
export const SYMLINK = "120000";
export const SUBMODULE = "160000";

/** The entries of a tree object, with paths relative to it. */
export interface Listing {
  readonly entries: readonly Entry[];
  /** Whether GitHub left files out. */
  readonly truncated: boolean;
}

/** Settings of a repository; a text says why they could not be read. */
export type Setting = BranchRules | readonly EnvironmentRules[] | string;

/**
 * What was read by its SHA and therefore never changes, and, for some minutes, settings. Keys begin with the installation and the repository, so that
 * nothing of one repository is ever shown to another.
 */
export interface BlobCache {
  readonly blobs: LRUCache<string, Blob>;
  readonly listings: LRUCache<string, Listing>;
  readonly settings: LRUCache<string, Setting>;
  /** Files of other repositories, by who reads them for which; those at a branch or a tag for some minutes. */
  readonly elsewhere: LRUCache<string, ElsewhereFile | string>;
}

/** Settings change seldom, and whoever has changed one asks for another review. */
const SETTINGS_MS = 2 * 60_000;
const SETTINGS = 2_000;
/** Texts of some hundred workflows. */
const ELSEWHERE_BYTES = 16 * 1024 * 1024;

/** Texts of about 15,000 manifests: some busy repositories on both sides. */
const BLOB_BYTES = 64 * 1024 * 1024;
/** Entries of a listing take about 200 bytes each: these are 150,000 of them. */
const LISTING_BYTES = 32 * 1024 * 1024;
const ENTRY_BYTES = 200;
/** A string and its bookkeeping. */
const OVERHEAD_BYTES = 200;

/** @param blobBytes the most memory that file texts may take */
export function createBlobCache(blobBytes = BLOB_BYTES): BlobCache {
  return {
    blobs: new LRUCache({
      maxSize: blobBytes,
      sizeCalculation: ({ text }) => text.length * 2 + OVERHEAD_BYTES,
    }),
    listings: new LRUCache({
      maxSize: LISTING_BYTES,
      sizeCalculation: ({ entries }) => (entries.length + 1) * ENTRY_BYTES,
    }),
    elsewhere: new LRUCache({
      maxSize: ELSEWHERE_BYTES,
      ttl: SETTINGS_MS,
      sizeCalculation: (found) =>
        (typeof found === "string" ? found.length : found.blob.text.length) * 2 + OVERHEAD_BYTES,
    }),
    settings: new LRUCache({ max: SETTINGS, ttl: SETTINGS_MS }),
  };
}
