import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { createConnection, createServer } from "node:net";
import type { Server } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** Unix socket paths end at 107 bytes on Linux and 103 on macOS (sun_path in sys/un.h). */
const MAX_SOCKET_PATH = 100;

/**
 * Holds a folder for this process, or throws with the process id of the holder.
 * A socket and not a file with a process id: the kernel lets go of it when the process dies, however it dies, and
 * process ids mean nothing between two containers that share a volume.
 */
export async function lockFolder(folder: string): Promise<{ release: () => Promise<void> }> {
  const path = socketPath(resolve(folder));
  const server = (await listen(path)) ?? (await takeOver(path));
  if (!server) {
    const holder = await askHolder(path);
    throw new Error(
      `The data folder ${resolve(folder)} is in use by another nines${holder ? ` (process ${holder})` : ""}. ` +
        "Stop it first, or give this one a DATA_DIR of its own. Several processes can share a DATABASE_URL instead.",
    );
  }
  return {
    release: () => new Promise((done) => server.close(() => done())),
  };
}

function socketPath(folder: string): string {
  const id = createHash("sha256").update(folder).digest("hex").slice(0, 16);
  if (process.platform === "win32") return `\\\\.\\pipe\\nines-${id}`;
  const path = join(folder, "lock");
  return path.length <= MAX_SOCKET_PATH ? path : join(tmpdir(), `nines-${id}.lock`);
}

/** The listening server, or undefined where the path is taken, by somebody alive or not. */
function listen(path: string): Promise<Server | undefined> {
  return new Promise((done, fail) => {
    const server = createServer((socket) => {
      socket.on("error", () => socket.destroy());
      socket.end(String(process.pid));
    });
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") done(undefined);
      else fail(error);
    });
    server.listen(path, () => {
      server.unref();
      done(server);
    });
  });
}

/** Takes over the socket that a dead process left behind. */
async function takeOver(path: string): Promise<Server | undefined> {
  if ((await askHolder(path)) !== undefined) return undefined;
  await rm(path, { force: true });
  return listen(path);
}

/** The process id of whoever listens; undefined where nobody does. */
function askHolder(path: string): Promise<string | undefined> {
  return new Promise((done) => {
    let answer = "";
    const socket = createConnection(path);
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => (answer += text));
    socket.on("end", () => done(answer));
    socket.on("error", () => done(undefined));
  });
}
