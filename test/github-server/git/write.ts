import { attempt, run } from "./run.ts";

/** Path → new content, or null to delete. */
export type Changes = Readonly<Record<string, string | Uint8Array | null>>;

export interface NewCommit {
  /** The ref that will point to the commit. */
  ref: string;
  parent: string | null;
  changes: Changes;
  message: string;
  author: string;
  /** Seconds since 1970. */
  at: number;
}

const data = (content: string | Uint8Array): Buffer[] => {
  const bytes = Buffer.from(content);
  return [Buffer.from(`data ${bytes.length}\n`), bytes, Buffer.from("\n")];
};

/** fast-import reads a bare path up to the end of the line; anything unusual is written as a C string. */
const quoted = (path: string): string =>
  /^[\w./@ -]+$/.test(path) && !path.startsWith(" ")
    ? path
    : `"${path.replace(/[\\"]/g, "\\$&").replaceAll("\n", "\\n")}"`;

function modification([path, content]: [string, string | Uint8Array | null]): Buffer[] {
  if (content === null) return [Buffer.from(`D ${quoted(path)}\n`)];
  return [Buffer.from(`M 100644 inline ${quoted(path)}\n`), ...data(content)];
}

function stream(commit: NewCommit): Buffer {
  const who = `${commit.author} <${commit.author}@example.com> ${commit.at} +0000`;
  return Buffer.concat([
    Buffer.from(`commit ${commit.ref}\nmark :1\nauthor ${who}\ncommitter ${who}\n`),
    ...data(commit.message),
    Buffer.from(commit.parent ? `from ${commit.parent}\n` : ""),
    // Deletions first: a file may make room for a folder of the same name.
    ...Object.entries(commit.changes)
      .sort(([, a], [, b]) => Number(a !== null) - Number(b !== null))
      .flatMap(modification),
    Buffer.from("\nget-mark :1\ndone\n"),
  ]);
}

/** One process writes the blobs, the trees, the commit and the ref. */
export async function writeCommit(directory: string, commit: NewCommit): Promise<string> {
  const options = ["fast-import", "--quiet", "--force", "--done", "--date-format=raw"];
  const output = await run(directory, ["-c", "fastimport.unpackLimit=0", ...options], stream(commit));
  return output.toString().trim();
}

/** The commit that a merge of `head` into `base` makes: what a merge queue tests. */
export async function writeMerge(
  directory: string,
  base: string,
  head: string,
  message: string,
): Promise<string> {
  const merged = await attempt(directory, ["merge-tree", "--write-tree", base, head]);
  if (merged.code !== 0) throw new Error(`${head} does not merge into ${base} cleanly`);
  const tree = merged.stdout.toString().split("\n")[0]!.trim();
  const commit = await run(directory, ["commit-tree", tree, "-p", base, "-p", head, "-m", message]);
  return commit.toString().trim();
}
