import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** The app as a process of its own, that can be killed. */
export interface AppProcess {
  /** Resolves when it says that it is ready; rejects with what it said if it ends before. */
  readonly ready: Promise<void>;
  /** Resolves when it has ended, with its exit code or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  readonly pid: number;
  /** What it wrote, both channels. */
  readonly output: () => string;
  kill(signal: NodeJS.Signals): void;
}

const SERVER = fileURLToPath(new URL("../../src/server.ts", import.meta.url));

/** Starts `src/server.ts` with nothing in its environment but this. */
export function startApp(environment: Readonly<Record<string, string>>, server = SERVER): AppProcess {
  const child = spawn(process.execPath, [server], {
    env: { PATH: process.env["PATH"], ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: string[] = [];
  const { promise: ready, resolve, reject } = Promise.withResolvers<undefined>();
  ready.catch(() => undefined);
  for (const stream of [child.stdout, child.stderr])
    createInterface(stream).on("line", (line) => {
      lines.push(line);
      if (line.includes('"nines is ready"')) resolve(undefined);
    });
  const ended = endOf(child);
  void ended.then((how) => reject(new Error(`The app ended (${how}):\n${lines.join("\n")}`)));
  return {
    ready,
    ended,
    pid: child.pid ?? 0,
    output: () => lines.join("\n"),
    kill: (signal) => void child.kill(signal),
  };
}

function endOf(child: ChildProcess): Promise<number | NodeJS.Signals> {
  return new Promise((resolve) => child.once("close", (code, signal) => resolve(code ?? signal ?? 0)));
}

/** A port of 127.0.0.1 that nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
