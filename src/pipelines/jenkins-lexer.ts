/**
 * A Jenkinsfile as a tree of calls: `stage('x') { sh 'y' }` is a call `stage` with the text `x` and a block that holds
 * a call `sh` with the text `y`. It is no parser of Groovy: it knows strings, comments, brackets and blocks, which is
 * what the structure of a pipeline needs.
 */
export interface Statement {
  readonly name: string;
  /** Texts among its arguments, in order; those with a name as `name: text`. */
  readonly texts: readonly Text[];
  /** Its arguments as written, strings as they are, cut. */
  readonly source: string;
  readonly block?: readonly Statement[];
  readonly line: number;
  readonly column: number;
}

export interface Text {
  readonly value: string;
  readonly line: number;
  /** The name before it, as in `script: 'x'`. */
  readonly label?: string;
}

type Kind = "word" | "text" | "open" | "close" | "mark" | "newline";
interface Token {
  readonly kind: Kind;
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

/** What a file may cost. Real ones stay far below. */
const JENKINS_LIMITS = { tokens: 200_000, depth: 100 } as const;

/** Why a Jenkinsfile is not read. */
export class UnreadableJenkinsfile extends Error {
  readonly line: number;
  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}

/**
 * The statements of a Jenkinsfile.
 * @throws UnreadableJenkinsfile
 */
export function readStatements(source: string): readonly Statement[] {
  const tokens = tokenize(source);
  return new Reader(tokens).block(0);
}

const TOKENS =
  /(?<newline>\n)|(?<space>[ \t\r\f]+|\/\/[^\n]*|\/\*|^#![^\n]*)|(?<triple>'''|""")|(?<quote>['"])|(?<dollar>\$\/)|(?<word>[A-Za-z_$][\w$]*(?:\??\.[A-Za-z_$][\w$]*)*)|(?<open>[({[])|(?<close>[)}\]])|(?<mark>.)/suy;

function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  let line = 1;
  let lineStart = 0;
  let at = 0;
  while (at < source.length) {
    if (tokens.length > JENKINS_LIMITS.tokens)
      throw new UnreadableJenkinsfile(`it holds more than ${JENKINS_LIMITS.tokens} tokens`, line);
    TOKENS.lastIndex = at;
    const match = TOKENS.exec(source);
    if (!match) break;
    const groups = match.groups ?? {};
    const place = { line, column: at - lineStart + 1 };
    const end = endOfString(source, at, groups);
    const whole = end === undefined ? spaceOf(source, at, match[0]) : source.slice(at, end.to);
    if (end) tokens.push({ kind: "text", text: end.value, ...place });
    else {
      const kind = kindOf(groups);
      if (kind) tokens.push({ kind, text: match[0], ...place });
    }
    for (let index = whole.indexOf("\n"); index !== -1; index = whole.indexOf("\n", index + 1)) {
      line += 1;
      lineStart = at + index + 1;
    }
    at += Math.max(whole.length, 1);
  }
  return tokens;
}

/** A comment goes on to its end, whatever it holds. */
function spaceOf(source: string, at: number, found: string): string {
  if (found !== "/*") return found;
  const close = source.indexOf("*/", at + 2);
  return source.slice(at, close === -1 ? source.length : close + 2);
}

type Groups = Readonly<Record<string, string | undefined>>;

function kindOf(groups: Groups): Kind | undefined {
  const kinds = ["newline", "word", "open", "close", "mark"] as const;
  return kinds.find((kind) => groups[kind] !== undefined);
}

/** Where a string that begins here ends, and what it holds, escapes resolved. */
function endOfString(source: string, at: number, groups: Groups): { to: number; value: string } | undefined {
  const delimiter = groups["triple"] ?? groups["quote"];
  if (groups["dollar"] !== undefined) {
    const close = source.indexOf("/$", at + 2);
    const to = close === -1 ? source.length : close + 2;
    return { to, value: source.slice(at + 2, close === -1 ? to : close) };
  }
  if (delimiter === undefined) return undefined;
  let end = at + delimiter.length;
  while (end < source.length && !source.startsWith(delimiter, end)) {
    // A plain string ends with its line at the latest.
    if (delimiter.length === 1 && source[end] === "\n") break;
    end += source[end] === "\\" ? 2 : 1;
  }
  const value = source
    .slice(at + delimiter.length, Math.min(end, source.length))
    .replaceAll(/\\([\\'"$])/g, "$1");
  return { to: Math.min(end + delimiter.length, source.length), value };
}

/** Builds the tree. Every token is looked at once. */
class Reader {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  /** Statements up to the end of the block, or of the file. */
  block(depth: number): Statement[] {
    const statements: Statement[] = [];
    for (let token = this.#next(); token; token = this.#next()) {
      if (depth > JENKINS_LIMITS.depth)
        throw new UnreadableJenkinsfile(
          `it is nested deeper than ${JENKINS_LIMITS.depth} levels`,
          token.line,
        );
      if (token.kind === "close" && token.text === "}") return statements;
      if (token.kind === "word") statements.push(this.#statement(token, depth));
      else if (token.kind === "open" && token.text === "{") statements.push(this.#anonymous(token, depth));
    }
    return statements;
  }

  #anonymous({ line, column }: Token, depth: number): Statement {
    return { name: "", texts: [], source: "", block: this.block(depth + 1), line, column };
  }

  #next(): Token | undefined {
    const token = this.#tokens[this.#at];
    this.#at += 1;
    return token;
  }

  /** One statement: a word with all that follows on its line, over the ends of lines while a bracket is open. */
  #statement({ text: name, line, column }: Token, depth: number): Statement {
    const draft: Draft = { texts: [], source: [], inner: [], open: 0 };
    for (let token = this.#tokens[this.#at]; token; token = this.#tokens[this.#at]) {
      if (ends(token, draft.open, draft.block !== undefined)) break;
      this.#at += 1;
      if (token.kind === "open" && token.text === "{") this.#closure(token, draft, depth);
      else take(token, draft);
    }
    const { texts, source, inner, block } = draft;
    const has = block !== undefined || inner.length > 0;
    const all = [...inner, ...(block ?? [])];
    return { name, texts, source: source.join(" "), line, column, ...(has ? { block: all } : {}) };
  }

  /** A closure among the arguments, as in `parallel(a: { … })`, is a block with the name before it. */
  #closure({ line, column }: Token, draft: Draft, depth: number): void {
    const block = this.block(depth + 1);
    if (draft.open === 0) draft.block = [...(draft.block ?? []), ...block];
    else draft.inner.push({ name: labelOf(draft.source), texts: [], source: "", block, line, column });
  }
}

/** A statement that is being read. */
interface Draft {
  readonly texts: Text[];
  readonly source: string[];
  readonly inner: Statement[];
  open: number;
  block?: Statement[];
}

/** What is kept of a statement's source. */
const WORDS_AT_MOST = 400;

function take(token: Token, draft: Draft): void {
  const { kind, text, line } = token;
  if (kind === "open") draft.open += 1;
  if (kind === "close") draft.open -= 1;
  if (kind === "text") {
    const label = labelOf(draft.source);
    draft.texts.push({ value: text, line, ...(label === "" ? {} : { label }) });
  }
  if (kind !== "newline" && draft.source.length < WORDS_AT_MOST)
    draft.source.push(kind === "text" ? `'${text.slice(0, 200)}'` : text);
}

function ends(token: Token, open: number, hasBlock: boolean): boolean {
  if (token.kind === "close" && token.text === "}") return true;
  if (open > 0) return false;
  if (token.kind === "newline" || (token.kind === "mark" && token.text === ";")) return true;
  // After a block a new statement begins, unless a closure of a map or a call of its value follows.
  return hasBlock && token.kind === "word";
}

/** The name before a value, as in `script: 'x'` or `'Unit tests': { … }`. */
function labelOf(source: readonly string[]): string {
  if (source.at(-1) !== ":") return "";
  return (source.at(-2) ?? "").replaceAll(/^'|'$/g, "");
}
