import { git, gitStream } from "./git-process.ts";
import { Unreadable } from "./unreadable.ts";

/** One entry of a commit: a file, a symbolic link, or a submodule. */
export interface Entry {
  readonly mode: string;
  readonly sha: string;
  /** Bytes; 0 for submodules. */
  readonly size: number;
  readonly path: string;
}

export const SYMLINK = "120000";
export const SUBMODULE = "160000";

const ENTRY = /^(\d{6}) \w+ ([0-9a-f]+) +(\d+|-|BAD)\t(.*)$/s;

/** All entries of a commit, sorted by path. */
export async function entries(dir: string, commit: string): Promise<Entry[]> {
  const { code, stdout, stderr } = await git(dir, ["ls-tree", "-r", "-z", "--long", "--full-tree", commit]);
  if (code !== 0) {
    throw new Unreadable(
      (await isPartial(dir))
        ? `${dir} is a partial clone and nines fetches nothing: complete it with git fetch --refetch --no-filter.`
        : `Commit ${commit} cannot be listed (${firstLine(stderr)}): check the clone with git fsck.`,
    );
  }
  return stdout
    .toString("utf8")
    .split("\0")
    .flatMap((line) => {
      const [, mode = "", sha = "", size = "", path = ""] = ENTRY.exec(line) ?? [];
      return path === "" ? [] : [{ mode, sha, size: Number(size) || 0, path }];
    });
}

/** The contents of blobs by sha, from one process. A blob that the clone does not have is absent from the result. */
export async function blobs(dir: string, shas: ReadonlySet<string>): Promise<Map<string, Buffer>> {
  const contents = new Map<string, Buffer>();
  if (shas.size === 0) return contents;
  const reader = new Reader(gitStream(dir, ["cat-file", "--batch"], [...shas, ""].join("\n")));
  for (let header = await reader.line(); header !== undefined; header = await reader.line()) {
    const [sha = "", type, size] = header.split(" ");
    if (type !== "blob") continue;
    contents.set(sha, await reader.bytes(Number(size)));
    await reader.bytes(1);
  }
  return contents;
}

async function isPartial(dir: string): Promise<boolean> {
  const { code } = await git(dir, [
    "config",
    "--get-regexp",
    "^(remote\\..*\\.promisor|extensions\\.partialclone)$",
  ]);
  return code === 0;
}

export function firstLine(text: string): string {
  return (text.split("\n")[0] ?? "").replace(/^(fatal|error): /, "");
}

/** Cuts a stream into lines and counted runs of bytes, holding no more than one piece beside what it returns. */
class Reader {
  private readonly source: AsyncGenerator<Buffer, undefined>;
  private rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncGenerator<Buffer, undefined>) {
    this.source = source;
  }

  async line(): Promise<string | undefined> {
    const pieces: Buffer[] = [];
    for (;;) {
      const end = this.rest.indexOf(0x0a);
      if (end >= 0) {
        pieces.push(this.rest.subarray(0, end));
        this.rest = this.rest.subarray(end + 1);
        return Buffer.concat(pieces).toString("utf8");
      }
      pieces.push(this.rest);
      if (!(await this.more())) return undefined;
    }
  }

  async bytes(count: number): Promise<Buffer> {
    const result = Buffer.allocUnsafe(count);
    let filled = 0;
    while (filled < count) {
      if (this.rest.length === 0 && !(await this.more()))
        throw new Unreadable("git ended in the middle of a file.");
      const taken = this.rest.copy(result, filled, 0, count - filled);
      this.rest = this.rest.subarray(taken);
      filled += taken;
    }
    return result;
  }

  private async more(): Promise<boolean> {
    const next = await this.source.next();
    this.rest = next.done === true ? Buffer.alloc(0) : next.value;
    return next.done !== true;
  }
}
