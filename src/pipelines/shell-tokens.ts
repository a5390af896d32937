/** A word or an operator of a shell script. */
export interface Token {
  readonly kind: "word" | "operator";
  readonly text: string;
  readonly line: number;
  /** A command's output in backticks is part of it. */
  readonly computed?: true;
  /** Of a word that opens a group: whether something in it ends in a failure. */
  readonly fails?: boolean;
  /** Why the failure of a command here does not end the script: what comes after its group hides it. */
  readonly hidden?: string;
}

/** What a script may cost: a token is seldom shorter than a few characters, so this is far above real scripts. */
const TOKENS_AT_MOST = 50_000;

const OPERATORS = ["&&", "||", ";;", "|&", "|", ";", "&", "(", ")"];

/** Splits a script into words and operators; comments, quotes, continuations and here-documents are understood. */
export function tokenize(script: string): Token[] {
  const state = { at: 0, line: 0, heredocs: [] as string[] };
  const tokens: Token[] = [];
  while (state.at < script.length && tokens.length < TOKENS_AT_MOST) {
    const character = script[state.at] ?? "";
    if (character === "\n") {
      tokens.push({ kind: "operator", text: "\n", line: state.line });
      endLine(script, state);
    } else if (character === " " || character === "\t" || character === "\r") {
      state.at += 1;
    } else if (character === "\\" && /^\\\r?\n/.test(script.slice(state.at, state.at + 3))) {
      state.at = script.indexOf("\n", state.at) + 1;
      state.line += 1;
    } else if (character === "#") {
      state.at = endOfLine(script, state.at);
    } else {
      tokens.push(operator(script, state) ?? word(script, state));
    }
  }
  return tokens;
}

interface State {
  at: number;
  line: number;
  heredocs: string[];
}

const endOfLine = (script: string, from: number): number => {
  const end = script.indexOf("\n", from);
  return end === -1 ? script.length : end;
};

/** Goes to the next line, past the bodies of the here-documents that this line opened. */
function endLine(script: string, state: State): void {
  state.at += 1;
  state.line += 1;
  for (const delimiter of state.heredocs.splice(0)) {
    let open = true;
    while (open && state.at < script.length) {
      const end = endOfLine(script, state.at);
      open = script.slice(state.at, end).trim() !== delimiter;
      state.at = end + 1;
      state.line += 1;
    }
  }
}

function operator(script: string, state: State): Token | undefined {
  const found = OPERATORS.find((candidate) => script.startsWith(candidate, state.at));
  if (found === undefined) return undefined;
  state.at += found.length;
  return { kind: "operator", text: found, line: state.line };
}

function word(script: string, state: State): Token {
  const line = state.line;
  let text = "";
  const start = state.at;
  while (state.at < script.length && !/[\s;&|()]/.test(script[state.at] ?? "")) {
    text += piece(script, state, text);
  }
  // A character that ends a word and begins none would stop the walk.
  if (state.at === start) state.at += 1;
  const computed = script.slice(start, state.at).includes("`");
  return computed ? { kind: "word", text, line, computed } : { kind: "word", text, line };
}

/** The next piece of a word: something quoted, substituted or redirected, or one character. */
function piece(script: string, state: State, before: string): string {
  const character = script[state.at] ?? "";
  switch (character) {
    case "'":
    case '"':
    case "`":
      return quoted(script, state, character);
    case "\\":
      return escaped(script, state);
    case "<":
    case ">":
      return redirection(script, state, before);
    case "$":
      if (script.startsWith("${{", state.at)) return until(script, state, "}}");
      if (script.startsWith("$(", state.at)) return substitution(script, state);
  }
  state.at += 1;
  return character;
}

function escaped(script: string, state: State): string {
  const next = script[state.at + 1] ?? "";
  state.at += 2;
  if (next === "\n") state.line += 1;
  return next === "\n" ? "" : next;
}

function until(script: string, state: State, end: string): string {
  const found = script.indexOf(end, state.at);
  const to = found === -1 ? script.length : found + end.length;
  return take(script, state, to);
}

function take(script: string, state: State, to: number): string {
  const text = script.slice(state.at, to);
  state.at = to;
  for (const character of text) if (character === "\n") state.line += 1;
  return text;
}

function quoted(script: string, state: State, quote: string): string {
  let end = state.at + 1;
  while (end < script.length && script[end] !== quote) end += script[end] === "\\" && quote !== "'" ? 2 : 1;
  return take(script, state, Math.min(end + 1, script.length)).slice(1, -1);
}

/** `$( … )`, with what it nests; its commands are not looked at. */
function substitution(script: string, state: State): string {
  let depth = 0;
  let end = state.at + 1;
  do {
    if (script[end] === "(") depth += 1;
    if (script[end] === ")") depth -= 1;
    end += 1;
  } while (depth > 0 && end < script.length);
  return take(script, state, end);
}

/** `<<EOF` opens a here-document; `2>&1` holds a character that would end a word. */
function redirection(script: string, state: State, before: string): string {
  const heredoc = /^<<-?\s*(["']?)([A-Za-z_]\w*)\1/.exec(script.slice(state.at, state.at + 80));
  if (heredoc) {
    state.heredocs.push(heredoc[2] ?? "");
    state.at += heredoc[0].length;
    return before === "" ? "<<" : "";
  }
  const [whole] = /^(?:<<<|[<>]+&?[\d-]?)/.exec(script.slice(state.at, state.at + 8)) ?? ["<"];
  state.at += whole.length;
  return whole;
}
