import type { Token } from "./shell-tokens.ts";

/** Whether a token ends what is read. */
export type Closes = (token: Token) => boolean;

/** One of these words, and not a text in quotes or an operator. */
export const word =
  (...texts: readonly string[]): Closes =>
  ({ kind, text }) =>
    kind === "word" && texts.includes(text);

/** A place among the tokens of a script. */
export class ShellCursor {
  at = 0;
  readonly #tokens: readonly Token[];

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  /** The next token. */
  get token(): Token | undefined {
    return this.#tokens[this.at];
  }

  /** Its text. */
  get text(): string | undefined {
    return this.token?.text;
  }

  /** The text of the one after it. */
  get following(): string | undefined {
    return this.#tokens[this.at + 1]?.text;
  }

  /** Goes over the next token where it is one of these. */
  takes(...texts: readonly string[]): boolean {
    if (this.text === undefined || !texts.includes(this.text)) return false;
    this.at += 1;
    return true;
  }

  /** Goes over all operators that are among these. */
  skip(texts: ReadonlySet<string>): void {
    while (this.token?.kind === "operator" && texts.has(this.text ?? "")) this.at += 1;
  }

  /** The patterns of one way of a `case`. */
  patterns(): Token[] {
    const found: Token[] = [];
    this.takes("(");
    for (let token = this.token; token && !this.takes(")"); token = this.token) {
      if (token.kind === "word") found.push(token);
      this.at += 1;
    }
    return found;
  }

  /** The words up to the next operator; of `[[ … ]]`, all that it holds. */
  words(): Token[] {
    const found: Token[] = [];
    const isTest = this.text === "[[";
    for (let token = this.token; token; token = this.token) {
      if (token.kind === "operator" && (!isTest || token.text === "\n")) break;
      found.push(token);
      this.at += 1;
      if (isTest && token.text === "]]") break;
    }
    return found;
  }
}
