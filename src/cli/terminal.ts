/** Where a command writes, and what can be shown there. */
export interface Terminal {
  readonly colour: boolean;
  /** Columns. */
  readonly width: number;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

type Stream = Pick<NodeJS.WriteStream, "write"> & { readonly isTTY?: boolean; readonly columns?: number };

const NARROWEST = 40;
const WIDEST = 120;
/** For pipes and files, which have no width. */
const UNKNOWN_WIDTH = 100;

/** FORCE_COLOR is heard before NO_COLOR, as in Node itself (https://force-color.org, https://no-color.org). */
function hasColour(stream: Stream, env: NodeJS.ProcessEnv): boolean {
  const force = env["FORCE_COLOR"];
  if (force !== undefined) return force !== "0" && force !== "false";
  if (env["NO_COLOR"]) return false;
  return stream.isTTY === true && env["TERM"] !== "dumb";
}

export function terminal(stdout: Stream, stderr: Stream, env: NodeJS.ProcessEnv): Terminal {
  const width = stdout.columns ?? (Number(env["COLUMNS"]) || UNKNOWN_WIDTH);
  return {
    colour: hasColour(stdout, env),
    width: Math.min(Math.max(width, NARROWEST), WIDEST),
    out: (text) => void stdout.write(text.endsWith("\n") ? text : `${text}\n`),
    err: (text) => void stderr.write(`${text}\n`),
  };
}
