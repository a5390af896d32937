/** What a command comes to once the programs around it are taken off. */
export interface Unwrapped {
  readonly texts: readonly string[];
  /** The script of `bash -c '…'`, to be read in its turn. */
  readonly script?: string;
}

/** Programs that run the command after them. The pattern covers them and their own options. */
const WRAPPERS: readonly RegExp[] = [
  /^(sudo|time|nice|nohup|exec|command|ionice|stdbuf|unbuffer|catchsegv)( -\S+( \d+(?= ))?)* (-- )?/,
  /^dotenv( -\S+( \S+(?= ))?)* -- /,
  /^dotenv( -\S+)* /,
  /^timeout( -[ks] \S+| -\S+)* \d\S* /,
  /^(env|cross-env)( -\S+)*( [A-Za-z_]\w*=\S*)* /,
  /^flock( -\S+)* \S+ /,
  /^xargs( -\S+)* /,
  /^xvfb-run( -\S+)* /,
  /^(npx|bunx|uvx|pipx run)( -\S+)* /,
  /^(npm exec|npm x|pnpm exec|pnpm dlx|yarn dlx|yarn exec|bun x)( -\S+)* (-- )?/,
  /^(bundle exec|poetry run|pipenv run|pdm run|hatch run|rye run|rtx exec|mise exec|asdf exec|devbox run|direnv exec \S+)( --)? /,
  /^uv run( -\S+)* /,
  /^(python|python3|py|python\d\.\d+)( -[a-zA-Z])* -m /,
  /^(coverage run|kcov \S+)( -\S+)* (-m )?/,
  /^nix develop( \S+)? (-c|--command) /,
  /^nix-shell .{0,80}?--run /,
  /^docker exec( -[ewu] \S+| --(env|workdir|user) \S+| -\S+)* \S+ /,
  /^kubectl .{0,200}?\bexec\b.{0,200}? -- /,
  /^(ssh|gcloud compute ssh) .{0,200}? -- /,
  /^(retry|\S*\/retry\.sh)( -\S+( \d\S*)?| \d+)* (-- )?/,
  /^doppler run( -\S+( [^-\s]\S*)?)* -- /,
];

/** Options of `docker run` that stand before their value. */
const DOCKER_VALUES =
  /^(-[vewpulhmn]|--(volume|env|workdir|publish|user|label|hostname|memory|name|network|net|entrypoint|env-file|platform|mount|add-host|link|cpus|ulimit|tmpfs|restart|shm-size|cap-add|pid|ipc|volumes-from|security-opt|pull|gpus))$/;

const SHELL_SCRIPT = /^(ba|z|da)?sh$/;

/** So many programs may stand around a command. */
const WRAPPERS_DEEP = 6;

/** Longer commands are cut: nothing is recognised so far from a command's begin, and patterns must stay cheap. */
const LONGEST = 2_000;
const WORDS_AT_MOST = 300;

/** Takes off what stands before the command that counts: `sudo`, `env`, `npx`, `docker run IMAGE`, `timeout 5m`. */
export function unwrap(all: readonly string[]): Unwrapped {
  const words = all.slice(0, WORDS_AT_MOST);
  const docker = dockerRun(words) ?? composeRun(words);
  if (docker) return docker;
  const inner = shellScript(words);
  if (inner !== undefined) return { texts: [], script: inner };
  const whole = words.join(" ").slice(0, LONGEST);
  const text = strip(whole);
  const again = text === whole ? undefined : innerOf(text, words);
  return again ?? { texts: [plainName(text)] };
}

function strip(source: string): string {
  let text = source;
  for (let depth = 0; depth < WRAPPERS_DEEP; depth += 1) {
    const wrapper = WRAPPERS.find((pattern) => pattern.test(text));
    if (!wrapper) return text;
    text = text.replace(wrapper, "");
  }
  return text;
}

/** A wrapper may stand around `bash -c` or `docker run`; the words are cut, so that quoted ones stay whole. */
function innerOf(text: string, words: readonly string[]): Unwrapped | undefined {
  const from = words.findIndex((_, index) => words.slice(index).join(" ") === text);
  if (from <= 0) return undefined;
  const rest = words.slice(from);
  const script = shellScript(rest);
  return dockerRun(rest) ?? composeRun(rest) ?? (script === undefined ? undefined : { texts: [], script });
}

function shellScript(words: readonly string[]): string | undefined {
  if (!SHELL_SCRIPT.test(words[0] ?? "")) return undefined;
  const at = words.findIndex((word, index) => index > 0 && /^-[a-z]*c$/.test(word));
  return at === -1 ? undefined : words[at + 1];
}

function dockerRun(words: readonly string[]): Unwrapped | undefined {
  if (!/^(docker|podman|nerdctl)$/.test(words[0] ?? "")) return undefined;
  const run = words[1] === "container" ? 2 : 1;
  if (words[run] !== "run") return undefined;
  const at = afterOptions(words, run + 1);
  const image = words[at];
  if (image === undefined) return undefined;
  const rest = words.slice(at + 1);
  const script = shellScript(rest);
  if (script !== undefined) return { texts: [], script };
  const inside = strip(rest.join(" ").slice(0, LONGEST));
  return { texts: [plainName(inside), `${imageName(image)} ${rest.join(" ")}`.slice(0, LONGEST).trim()] };
}

/** Where the first word stands that is neither an option nor an option's value. */
function afterOptions(words: readonly string[], from: number): number {
  let at = from;
  while (words[at]?.startsWith("-")) at += DOCKER_VALUES.test(words[at] ?? "") ? 2 : 1;
  return at;
}

/** `docker compose -f x.yml run --rm web npm test` runs `npm test`. */
function composeRun(words: readonly string[]): Unwrapped | undefined {
  const compose =
    words[0] === "docker" && words[1] === "compose"
      ? 2
      : /^(docker|podman)-compose$/.test(words[0] ?? "")
        ? 1
        : 0;
  if (compose === 0) return undefined;
  const verb = words.findIndex((word, index) => index >= compose && (word === "run" || word === "exec"));
  if (verb === -1) return undefined;
  const rest = words.slice(afterOptions(words, verb + 1) + 1);
  return rest.length === 0 ? undefined : unwrap(rest);
}

/** `docker.io/grafana/k6:0.50` is `k6`. */
export const imageName = (image: string): string =>
  (image.split("/").at(-1) ?? image).replace(/[:@].*$/s, "");

/** `./node_modules/.bin/jest` and `vendor/bin/phpunit` are `jest` and `phpunit`; `./x.sh` stays. */
function plainName(text: string): string {
  const cut = text.replace(/^(\.\/)?((node_modules\/\.bin|vendor\/bin|\.venv\/bin|venv\/bin|bin)\/)/, "");
  return cut.replace(/^\.\/(mvnw|gradlew)\b/, "$1").replace(/^[\w./-]+\/(gradlew|mvnw)\b/, "$1");
}
