import { once } from "node:events";
import { start } from "./run.ts";

export type ObjectType = "commit" | "tree" | "blob" | "tag";

export interface ObjectInfo {
  oid: string;
  type: ObjectType;
  size: number;
}

export interface GitObject extends ObjectInfo {
  content: Buffer;
}

interface Waiting {
  withContent: boolean;
  resolve: (object: GitObject | null) => void;
  reject: (error: Error) => void;
}

export interface ObjectReader {
  info(expression: string): Promise<ObjectInfo | null>;
  read(expression: string): Promise<GitObject | null>;
  /** Resolves when the process has ended. */
  close(): Promise<void>;
}

const NEWLINE = 10;

/**
 * Bytes that came in and were not used yet. Chunks are joined only when an answer is complete, so that
 * a blob of 100 MB costs one copy.
 */
function createInbox() {
  let chunks: Buffer[] = [];
  let size = 0;
  const joined = (): Buffer => {
    const all = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size);
    chunks = [all];
    return all;
  };
  return {
    add(chunk: Buffer): void {
      chunks.push(chunk);
      size += chunk.length;
    },
    line(): string | null {
      if (size === 0) return null;
      const end = joined().indexOf(NEWLINE);
      return end < 0
        ? null
        : this.take(end + 1)
            .subarray(0, end)
            .toString();
    },
    has: (count: number): boolean => size >= count,
    take(count: number): Buffer {
      const all = joined();
      chunks = [all.subarray(count)];
      size -= count;
      return all.subarray(0, count);
    },
  };
}

function parseHeader(line: string): ObjectInfo | null {
  const match = /^([0-9a-f]{40}) (commit|tree|blob|tag) (\d+)$/.exec(line);
  return match && { oid: match[1]!, type: match[2] as ObjectType, size: Number(match[3]) };
}

/** One `git cat-file --batch-command` process answers every look-up of a repository, in order. */
export function createObjectReader(directory: string): ObjectReader {
  let child: ReturnType<typeof start> | undefined;
  let closed = false;
  const queue: Waiting[] = [];
  let inbox = createInbox();
  let header: ObjectInfo | undefined;

  const answer = (object: GitObject | null): void => {
    header = undefined;
    queue.shift()?.resolve(object);
  };
  const step = (): boolean => {
    const waiting = queue[0];
    if (!waiting) return false;
    if (header) {
      if (!inbox.has(header.size + 1)) return false;
      answer({ ...header, content: inbox.take(header.size + 1).subarray(0, header.size) });
      return true;
    }
    const line = inbox.line();
    if (line === null) return false;
    const info = parseHeader(line);
    if (info && waiting.withContent) header = info;
    else answer(info && { ...info, content: Buffer.alloc(0) });
    return true;
  };
  const stopped = (): void => {
    child = undefined;
    header = undefined;
    inbox = createInbox();
    for (const waiting of queue.splice(0)) waiting.reject(new Error("git cat-file has stopped"));
  };
  const running = () => {
    if (child) return child;
    child = start(directory, ["cat-file", "--batch-command"]);
    child.stdout.on("data", (chunk: Buffer) => {
      inbox.add(chunk);
      while (step());
    });
    child.stdin.on("error", () => undefined);
    child.stderr.resume();
    // A folder that is gone: the error tells whoever asked, and nobody else.
    child.on("error", stopped);
    child.on("close", stopped);
    return child;
  };
  const ask = (command: "info" | "contents", expression: string): Promise<GitObject | null> => {
    // A line break would be a second command, and no object has one in its name.
    if (expression === "" || /[\n\0]/.test(expression)) return Promise.resolve(null);
    // A call that was still being answered when its server closed must not start git again in a folder that goes.
    if (closed) return Promise.reject(new Error("the repository is closed"));
    return new Promise((resolve, reject) => {
      queue.push({ withContent: command === "contents", resolve, reject });
      running().stdin.write(`${command} ${expression}\n`);
    });
  };

  return {
    info: (expression) => ask("info", expression),
    read: (expression) => ask("contents", expression),
    close: async () => {
      closed = true;
      const ending = child;
      if (!ending) return;
      const ended = once(ending, "close");
      ending.stdin.end();
      await ended;
    },
  };
}
