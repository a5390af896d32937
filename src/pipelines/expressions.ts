import { Lexer, Parser, data } from "@actions/expressions";
import type { Expr as Ast } from "@actions/expressions";
import type {
  Binary,
  ContextAccess,
  ExprVisitor,
  FunctionCall,
  Grouping,
  IndexAccess,
  Literal,
  Logical,
  Unary,
} from "@actions/expressions/ast";
import type { Primitive } from "./yaml.ts";

/**
 * A condition of any CI system. GitHub's expressions become this with GitHub's own parser; a reader for another
 * system builds it directly.
 */
export type Expr =
  | { readonly kind: "literal"; readonly value: Primitive }
  /** A path into a context, lower case: `["needs", "test", "result"]`; `*` for every member, `?` for a computed one. */
  | { readonly kind: "path"; readonly path: readonly string[] }
  | { readonly kind: "call"; readonly name: string; readonly args: readonly Expr[] }
  | { readonly kind: "not"; readonly of: Expr }
  | { readonly kind: "and" | "or"; readonly args: readonly Expr[] }
  | { readonly kind: "compare"; readonly operator: string; readonly left: Expr; readonly right: Expr }
  /** What cannot be read. It may be anything. */
  | { readonly kind: "opaque" };

const CONTEXTS = [
  "github",
  "needs",
  "inputs",
  "vars",
  "env",
  "matrix",
  "strategy",
  "steps",
  "job",
  "jobs",
  "runner",
];
const FUNCTIONS = ["success", "failure", "always", "cancelled", "hashFiles"].map((name) => ({
  name,
  minArgs: 0,
  maxArgs: 99,
}));
const OPAQUE: Expr = { kind: "opaque" };

/** Reads one expression, without its `${{ }}`. What does not parse is opaque, not an error. */
export function parseExpression(source: string): Expr {
  try {
    const tokens = new Lexer(source).lex().tokens;
    return new Parser(tokens, [...CONTEXTS, "secrets"], FUNCTIONS).parse().accept(toExpr);
  } catch {
    return OPAQUE;
  }
}

/**
 * Reads the value of an `if:`. The fence may be left out; text around a fence makes the whole a non-empty string,
 * which is always true (and surely not what was meant).
 */
export function parseCondition(source: string): Expr {
  const trimmed = source.trim();
  const fenced = /^\$\{\{((?:(?!\}\}).)*)\}\}$/s.exec(trimmed);
  if (fenced) return parseExpression(fenced[1] ?? "");
  if (trimmed.includes("${{")) {
    // The expressions inside still count when GitHub looks for a status function.
    return {
      kind: "or",
      args: [{ kind: "literal", value: true }, ...fences(trimmed).map(({ expr }) => expr)],
    };
  }
  return trimmed === "" ? { kind: "literal", value: true } : parseExpression(trimmed);
}

/** The fenced expressions in a text, in order, with what they replace. */
export function fences(source: string): { readonly whole: string; readonly expr: Expr }[] {
  const found: { whole: string; expr: Expr }[] = [];
  let from = source.indexOf("${{");
  while (from !== -1) {
    const to = source.indexOf("}}", from);
    if (to === -1) break;
    found.push({ whole: source.slice(from, to + 2), expr: parseExpression(source.slice(from + 3, to)) });
    from = source.indexOf("${{", to);
  }
  return found;
}

const toExpr: ExprVisitor<Expr> = {
  visitLiteral: (node: Literal) => ({ kind: "literal", value: literal(node) }),
  visitUnary: (node: Unary) => ({ kind: "not", of: node.expr.accept(toExpr) }),
  visitBinary: (node: Binary) => ({
    kind: "compare",
    operator: node.operator.lexeme,
    left: node.left.accept(toExpr),
    right: node.right.accept(toExpr),
  }),
  visitLogical: (node: Logical) => ({
    kind: node.operator.lexeme === "||" ? "or" : "and",
    args: node.args.map((arg) => arg.accept(toExpr)),
  }),
  visitGrouping: (node: Grouping) => node.group.accept(toExpr),
  visitContextAccess: (node: ContextAccess) => ({ kind: "path", path: [node.name.lexeme.toLowerCase()] }),
  visitIndexAccess: (node: IndexAccess) => {
    const of = node.expr.accept(toExpr);
    return of.kind === "path" ? { kind: "path", path: [...of.path, indexName(node.index)] } : OPAQUE;
  },
  visitFunctionCall: (node: FunctionCall) => ({
    kind: "call",
    name: node.functionName.lexeme.toLowerCase(),
    args: node.args.map((arg) => arg.accept(toExpr)),
  }),
};

function literal({ literal: value }: Literal): Primitive {
  if (value.kind === data.Kind.Null) return null;
  if (value instanceof data.BooleanData || value instanceof data.NumberData) return value.value;
  return value.coerceString();
}

/** The name after a dot or in brackets. A star and a computed index have no literal. */
function indexName(index: Ast): string {
  if ("literal" in index) return String(literal(index as Literal)).toLowerCase();
  return index.constructor.name === "Star" ? "*" : "?";
}

/** Everything below an expression, itself first. */
export function* walk(expr: Expr): Generator<Expr> {
  yield expr;
  for (const child of children(expr)) yield* walk(child);
}

function children(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case "call":
    case "and":
    case "or":
      return expr.args;
    case "not":
      return [expr.of];
    case "compare":
      return [expr.left, expr.right];
    default:
      return [];
  }
}

/** The expression with what `replace` gives in the place of paths and calls; undefined leaves one as it is. */
export function rewrite(expr: Expr, replace: (node: Expr) => Expr | undefined): Expr {
  const again = (child: Expr): Expr => rewrite(child, replace);
  switch (expr.kind) {
    case "path":
      return replace(expr) ?? expr;
    case "call":
      return replace(expr) ?? { ...expr, args: expr.args.map(again) };
    case "not":
      return { kind: "not", of: again(expr.of) };
    case "compare":
      return { ...expr, left: again(expr.left), right: again(expr.right) };
    case "and":
    case "or":
      return { ...expr, args: expr.args.map(again) };
    default:
      return expr;
  }
}

const STATUS = new Set(["success", "failure", "always", "cancelled"]);

/** Whether a condition asks for a status itself. If not, `success() &&` is implied. */
export function asksStatus(expr: Expr): boolean {
  return [...walk(expr)].some((node) => node.kind === "call" && STATUS.has(node.name));
}
