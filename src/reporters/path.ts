import type { PathNode, Practice, PracticeCell } from "../engine/types.ts";
import { line } from "./clean.ts";
import { aligned } from "./terminal.ts";

/** What each practice asks, as a clause about the deploy. */
export const PRACTICE: Readonly<Record<Practice, string>> = {
  "staging-first": "staging comes first",
  gradual: "blue-green or canary",
  "tested-together": "tested with its infrastructure",
  "waits-for-rollout": "waits for the rollout",
  "rolls-back": "rolls back on failure",
  "never-cancelled": "is never cancelled half-way",
};

/** Symbols stand beside words, never alone. */
export const KEPT: Readonly<Record<PracticeCell["kept"], string>> = {
  yes: "✓ yes",
  no: "✗ no",
  unknown: "? cannot be told",
};

const MAX_NAME = 60;

/** What a node is, in words: for a test, whether it gates the deploy. */
function roleOf({ kind, stages, gates }: PathNode): string {
  const tests = stages.join(", ");
  switch (kind) {
    case "start":
      return "starts it";
    case "job":
      return "";
    case "approval":
      return "a person lets it go on";
    case "deploy":
      return tests === "" ? "production" : `production, with ${tests} tests inside`;
    case "staging":
      return gates ? "staging, gates" : "staging, does not gate";
    case "cluster":
      return `${tests} in the cluster, ${gates ? "stops it" : "does not stop it"}`;
    case "test":
      return `${tests}, ${gates ? "gates" : "does not gate"}`;
  }
}

/** The way to production as lines for a terminal, or for a fenced block: each step with what it waits for. */
export function pathLines(nodes: readonly PathNode[], indent: string): string[] {
  const names = new Map(nodes.map((node) => [node.id, line(node.name, MAX_NAME)]));
  const rows = nodes.map((node) => {
    const after = node.after.flatMap((id) => names.get(id) ?? []);
    const link = after.length > 0 ? `after ${after.join(", ")}` : node.kind === "start" ? "" : "not linked";
    return [names.get(node.id) ?? "", roleOf(node), link];
  });
  return aligned(rows, indent).map((text) => text.trimEnd());
}

/**
 * The way to production as a Mermaid flowchart. Names come from the repository: in a quoted label everything but
 * letters, digits and a few signs is written as Mermaid's own entity, so that no name can end the label, add markup
 * or a link.
 */
export function mermaid(nodes: readonly PathNode[]): string {
  const ids = new Map(nodes.map(({ id }, index) => [id, `n${index}`]));
  const lines = nodes.flatMap((node): string[] => {
    const own = ids.get(node.id) ?? "";
    const role = roleOf(node);
    const label = `"${labelOf(node.name)}${role === "" ? "" : `: ${labelOf(role)}`}"`;
    const [open, close] = SHAPES[node.kind];
    const edges = node.after.flatMap((id) => {
      const other = nodes.find((candidate) => candidate.id === id);
      const gates = other !== undefined && holds(other);
      return ids.has(id) ? [`  ${ids.get(id) ?? ""} ${gates ? "-->" : "-.->"} ${own}`] : [];
    });
    return [`  ${own}${open}${label}${close}`, ...edges];
  });
  return ["flowchart LR", ...lines].join("\n");
}

const SHAPES: Readonly<Record<PathNode["kind"], readonly [string, string]>> = {
  start: ["([", "])"],
  job: ["[", "]"],
  test: ["{{", "}}"],
  staging: ["[", "]"],
  approval: ["[/", "/]"],
  deploy: ["[[", "]]"],
  cluster: ["{{", "}}"],
};

/** Whether what stands here holds back what follows: a dotted arrow says that it does not. */
const holds = ({ kind, gates }: PathNode): boolean => gates || !(kind === "test" || kind === "staging");

function labelOf(name: string): string {
  const text = line(name, MAX_NAME);
  const written = text.replaceAll(/[^\p{L}\p{N} ,/_-]/gu, (found) => `#${found.codePointAt(0) ?? 0};`);
  // Mermaid takes a sign of a list, at the start of a label, for Markdown.
  return written.replace(/^[-_]/, (found) => `#${found.charCodeAt(0)};`);
}
