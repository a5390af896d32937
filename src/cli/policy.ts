import { readFile } from "node:fs/promises";
import { checks } from "../checks/index.ts";
import type { Policy, Tree } from "../engine/types.ts";
import { readPolicy, type PolicyIssue, type PolicyResult, type PolicySource } from "../policy/index.ts";
import { palette } from "../reporters/terminal.ts";
import { Unreadable } from "../sources/unreadable.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import type { Terminal } from "./terminal.ts";

/** Where a repository keeps its policy. */
const POLICY_PATH = ".github/nines.yml";

/** Today in UTC, `YYYY-MM-DD`. */
const today = () => new Date().toISOString().slice(0, 10);

const judge = (sources: readonly PolicySource[]): PolicyResult =>
  readPolicy(
    sources,
    today(),
    checks.map(({ id }) => id),
  );

const place = ({ path, line, column, message }: PolicyIssue) => `${path}:${line}:${column}: ${message}`;

/** A file that is used in place of a repository's own policy. @throws Unreadable */
export async function policyFrom(path: string): Promise<PolicySource> {
  return { origin: "repository", path, text: await readPolicyFile(path) };
}

/** A policy file's text. @throws Unreadable */
async function readPolicyFile(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const reason =
      error instanceof Error && "code" in error && error.code === "ENOENT" ? "there is none" : String(error);
    throw new Unreadable(`The policy ${path} cannot be read (${reason}): check the path.`, { cause: error });
  }
}

/** The policy file of one side of a repository, where it has one. @throws Unreadable where it has one that is no text. */
export function policyIn(tree: Tree): PolicySource | undefined {
  const unread = tree.notes.find(({ path }) => path === POLICY_PATH);
  if (unread) throw new Unreadable(`The policy ${POLICY_PATH} cannot be read: ${unread.message}`);
  const text = tree.files.get(POLICY_PATH)?.text;
  return text === undefined ? undefined : { origin: "repository", path: POLICY_PATH, text };
}

/** The policy that holds for a review; its warnings go to the terminal. @throws Unreadable where it is invalid. */
export function effectivePolicy(sources: readonly PolicySource[], terminal: Terminal): Policy {
  const result = judge(sources);
  if (!result.ok) {
    throw new Unreadable(
      ["The policy is invalid, so nothing was judged:", ...result.issues.map(place)].join("\n  "),
    );
  }
  for (const warning of result.warnings) terminal.err(`nines: ${place(warning)}`);
  return result.policy;
}

/** What is wrong with the policy that a change proposes, one line each; nothing where it leaves the policy alone. */
export function proposedPolicyIssues(sources: readonly PolicySource[], base: Tree, head: Tree): string[] {
  const proposed = policyIn(head);
  if (!proposed || proposed.text === policyIn(base)?.text) return [];
  const others = sources.filter(({ origin }) => origin === "organisation");
  const result = judge([...others, proposed]);
  return result.ok ? [] : result.issues.filter(({ origin }) => origin === "repository").map(place);
}

/** Checks policy files, each by itself, and says what is wrong where. */
export async function validatePolicies(
  paths: readonly string[],
  origin: PolicySource["origin"],
  terminal: Terminal,
): Promise<ExitCode> {
  const { green } = palette(terminal.colour);
  let code: ExitCode = EXIT.pass;
  for (const path of paths) {
    const result = judge([{ origin, path, text: await readPolicyFile(path) }]);
    for (const issue of result.ok ? result.warnings : result.issues) {
      terminal.out(`${place(issue)}${result.ok ? " (warning)" : ""}`);
    }
    if (result.ok) terminal.out(`${path}: ${green("valid")}`);
    else code = EXIT.fail;
  }
  return code;
}
