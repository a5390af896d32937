import type { Token } from "./shell-tokens.ts";
import { own } from "./own.ts";

const OPENS = new Set(["{", "(", "if", "for", "while", "until", "case", "select"]);
const CLOSES: Readonly<Record<string, readonly string[]>> = {
  "}": ["{"],
  ")": ["("],
  fi: ["if"],
  done: ["for", "while", "until", "select"],
  esac: ["case"],
};
/** After these a command begins. */
const BEFORE_COMMAND = new Set(["then", "do", "else", "elif", "{", "!", "time", "if", "while", "until"]);

/** Groups deeper than this are read as if they were none. */
const DEPTH = 200;

/**
 * Marks what stands in a group by what comes after the group: `{ a; b; } || true` hides the failure of both. Groups are
 * braces, parentheses, loops and branches. The word that opens a group tells whether something in it ends in a failure.
 */
export function markGroups(tokens: readonly Token[]): Token[] {
  const marked = [...tokens];
  const open: number[] = [];
  tokens.forEach((token, index) => {
    if (opens(tokens, index) && open.length < DEPTH) open.push(index);
    const begun = open.at(-1);
    if (begun === undefined || !closes(token, tokens[begun])) return;
    open.pop();
    mark(marked, begun, index);
  });
  return marked;
}

function opens(tokens: readonly Token[], index: number): boolean {
  const token = tokens[index];
  const before = tokens[index - 1];
  if (!token || !OPENS.has(token.text)) return false;
  return before === undefined || before.kind === "operator" || BEFORE_COMMAND.has(before.text);
}

const closes = (token: Token, begun: Token | undefined): boolean =>
  begun !== undefined && (own(CLOSES, token.text)?.includes(begun.text) ?? false);

function mark(tokens: Token[], from: number, to: number): void {
  const first = tokens[from];
  if (!first) return;
  tokens[from] = { ...first, fails: endsInFailure(tokens, from, to) };
  const why = hiddenBy(tokens, to);
  if (why === undefined) return;
  for (let index = from; index <= to; index += 1) {
    const token = tokens[index];
    // What an inner group hides is hidden already.
    if (token && token.hidden === undefined) tokens[index] = { ...token, hidden: why };
  }
}

/** Whether a group holds a command that ends in a failure, so that `|| { …; exit 1; }` hands it on. */
function endsInFailure(tokens: readonly Token[], from: number, to: number): boolean {
  for (let index = from; index < to; index += 1) {
    const { text } = tokens[index] ?? { text: "" };
    const next = tokens[index + 1];
    if (text === "false" || text === "kill" || text === "die" || text === "fail") return true;
    if ((text === "exit" || text === "return") && !(next?.kind === "word" && next.text === "0")) return true;
  }
  return false;
}

function hiddenBy(tokens: readonly Token[], to: number): string | undefined {
  const next = tokens[to + 1];
  const after = tokens[to + 2];
  if (next?.text === "&") return "it runs in the background";
  if (next?.text !== "||" || !after) return undefined;
  const harmless = /^(true|:|echo|printf)$/.test(after.text);
  return harmless ? `\`|| ${after.text}\` hides its failure` : undefined;
}
