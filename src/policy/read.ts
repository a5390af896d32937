import type { FieldPath } from "../engine/types.ts";
import { explain, type KeysAt } from "./explain.ts";
import { policyFile, policySchema, type PolicyFile } from "./schema.ts";
import { parseSource, type Complaint, type Parsed } from "./source.ts";

/** Text of a policy file and where it comes from. */
export interface PolicySource {
  readonly origin: "organisation" | "repository";
  readonly path: string;
  readonly text: string;
}

/** Something about a policy file that its owner must know. */
export interface PolicyIssue {
  readonly origin: "organisation" | "repository";
  readonly path: string;
  /** 1-based, both. */
  readonly line: number;
  readonly column: number;
  /** What is wrong and the way out. */
  readonly message: string;
}

/** One policy file, checked, with the positions of what it says. */
export interface Layer {
  readonly source: PolicySource;
  readonly file: PolicyFile;
  readonly parsed: Parsed;
}

/** More issues than this help nobody; the last one says that there are more. */
const MAX_ISSUES = 50;
/** So many of Zod's issues are placed and put into words, before they are sorted and cut. */
const MAX_EXPLAINED = 500;

/** Reads policy files strictly, each for itself. */
export function readLayers(
  sources: readonly PolicySource[],
  checkIds: readonly string[],
): { layers: readonly Layer[]; issues: readonly PolicyIssue[] } {
  const schema = policyFile(checkIds);
  const keysAt = keysOf(policySchema(checkIds));
  const results = sources.map((source) => {
    const { layer, complaints } = readLayer(source, schema, keysAt);
    return { layer, issues: few(complaints).map((complaint) => issueOf(source, complaint)) };
  });
  return {
    layers: results.flatMap(({ layer }) => layer ?? []),
    issues: results.flatMap(({ issues }) => issues),
  };
}

/** A complaint about a source. */
export function issueOf({ origin, path }: PolicySource, { line, column, message }: Complaint): PolicyIssue {
  return { origin, path, line, column, message };
}

function readLayer(
  source: PolicySource,
  schema: ReturnType<typeof policyFile>,
  keysAt: KeysAt,
): { layer?: Layer; complaints: readonly Complaint[] } {
  const { parsed, complaints } = parseSource(source.text);
  if (!parsed) return { complaints };
  if (parsed.value === null || parsed.value === undefined) {
    return { complaints: [{ line: 1, column: 1, message: EMPTY }] };
  }
  const result = schema.safeParse(parsed.value);
  if (!result.success) {
    return {
      complaints: result.error.issues
        .slice(0, MAX_EXPLAINED)
        .flatMap((issue) => explain(issue, parsed, keysAt)),
    };
  }
  if (source.origin === "repository" && result.data.locked) {
    return { complaints: [{ ...parsed.atKey(["locked"]), message: LOCKED_IN_REPOSITORY }] };
  }
  return { layer: { source, file: result.data, parsed }, complaints: [] };
}

const EMPTY = "the file is empty; write `version: 1`, or remove the file";
const LOCKED_IN_REPOSITORY =
  "only the organisation's policy can lock keys; remove `locked` here, or move it to nines.yml in the organisation's .github repository";

function few(complaints: readonly Complaint[]): readonly Complaint[] {
  const sorted = [...complaints].sort((a, b) => a.line - b.line || a.column - b.column);
  const last = sorted[MAX_ISSUES - 1];
  if (!last || sorted.length === MAX_ISSUES) return sorted;
  const message = "more problems follow from here; mend these first and look again";
  return [...sorted.slice(0, MAX_ISSUES - 1), { ...last, message }];
}

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
}

/** Which keys a map can have, out of the JSON Schema. */
function keysOf(root: SchemaNode): KeysAt {
  return (path: FieldPath) => {
    let node: SchemaNode | undefined = root;
    for (const step of path) node = typeof step === "number" ? node?.items : mapOf(node)?.properties?.[step];
    return Object.keys(mapOf(node)?.properties ?? {});
  };
}

function mapOf(node: SchemaNode | undefined): SchemaNode | undefined {
  return node?.anyOf?.find(({ properties }) => properties) ?? node;
}
