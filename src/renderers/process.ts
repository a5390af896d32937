import { execFile } from "node:child_process";

/** A render takes some 50 ms; one that takes this long is stuck or hostile. */
const TIMEOUT_MS = 10_000;
/** One unit is tried again and again without what it lacks, but not for longer than this. */
const PATIENCE_MS = 10_000;

/** Tells whether the time for one unit is over. */
export function deadline(): () => boolean {
  const end = performance.now() + PATIENCE_MS;
  return () => performance.now() > end;
}

/** Characters of output; the largest real charts render some five megabytes. */
const MAX_OUTPUT = 32_000_000;

/** Kilobytes of address space: Go's runtime reserves some, and the largest real charts need 200 megabytes more. */
const MOST_KILOBYTES = 3_000_000;
const SHELL = "/bin/sh";
/** GOMEMLIMIT only makes Go collect harder; what a template asks for beyond this ends the process. */
const LIMITED = `ulimit -v ${MOST_KILOBYTES} 2>/dev/null; exec "$0" "$@"`;
/** What a shell ends with if there is no such program. */
const NOT_FOUND = 127;

/** Characters of an error that are looked at; a deep chain of includes is told line by line. */
const MAX_DETAIL = 20_000;

export type Outcome =
  | { readonly ok: true; readonly output: string }
  | {
      readonly ok: false;
      readonly missing: boolean;
      /** For people: its first lines. */
      readonly reason: string;
      /** All that it said, for what can be told from it. */
      readonly detail: string;
    };

/**
 * Runs helm or kubectl in a scratch folder, with nothing of this process' environment but PATH: no cluster, no
 * plugins, no credentials, no proxy. Errors: none, a failure is an outcome.
 */
export function runTool(tool: "helm" | "kubectl", args: readonly string[], folder: string): Promise<Outcome> {
  const options = { cwd: folder, env: environment(folder), timeout: TIMEOUT_MS, maxBuffer: MAX_OUTPUT };
  return new Promise((resolve) => {
    execFile(
      SHELL,
      ["-c", LIMITED, tool, ...args],
      { ...options, killSignal: "SIGKILL" },
      (error, stdout, stderr) => {
        if (!error) resolve({ ok: true, output: stdout });
        else {
          const detail = reasonOf(error, stderr, folder);
          const reason = detail.split("\n").slice(0, 4).join(" ").slice(0, 600);
          resolve({
            ok: false,
            missing: error.code === "ENOENT" || error.code === NOT_FOUND,
            reason,
            detail: detail.slice(0, MAX_DETAIL),
          });
        }
      },
    );
  });
}

/** GOMEMLIMIT is a soft limit of Go's memory; the proxies of nowhere make any attempt to fetch fail at once. */
function environment(folder: string): NodeJS.ProcessEnv {
  const nowhere = "http://127.0.0.1:9";
  return {
    PATH: process.env["PATH"],
    HOME: folder,
    KUBECONFIG: "/dev/null",
    HELM_PLUGINS: `${folder}/no-plugins`,
    HELM_CACHE_HOME: `${folder}/.cache`,
    HELM_CONFIG_HOME: `${folder}/.config`,
    HELM_DATA_HOME: `${folder}/.data`,
    HTTP_PROXY: nowhere,
    HTTPS_PROXY: nowhere,
    // kustomize fetches remote includes with git; Go's HTTP never takes a proxy to this very host (see kustomization-edit.ts).
    GIT_TERMINAL_PROMPT: "0",
    GIT_ALLOW_PROTOCOL: "none",
    GIT_SSH_COMMAND: "false",
    GOMEMLIMIT: "512MiB",
  };
}

interface Failure {
  readonly killed?: boolean | undefined;
  readonly code?: string | number | null | undefined;
  readonly message: string;
}

function reasonOf(error: Failure, stderr: string, folder: string): string {
  if (error.code === "ERR_CHILD_PROCESS_STDIO_MAXBUFFER")
    return `its output has over ${MAX_OUTPUT} characters`;
  if (error.killed) return `it took over ${TIMEOUT_MS / 1000} seconds`;
  const text = (stderr.trim() === "" ? error.message : stderr.trim())
    .replaceAll(`${folder}/`, "")
    .replaceAll(folder, ".");
  const lines = text
    .split("\n")
    .filter((line) => !/^\s*$|^WARNING|^level=|# Warning|^Use --debug/.test(line));
  return (
    lines
      // kubectl logs with a time and a process id, which would make each report another one.
      .map((line) => line.replace(/^[EFIW]\d{4} [\d:.]+\s+\d+ \S+\] ("command failed" err=)?/, "").trim())
      .join("\n")
      .replace(/^error: /i, "")
  );
}
