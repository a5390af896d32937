import type { Host } from "../host.ts";
import type { RepositoryState } from "../state.ts";
import { nodeId } from "../shapes/users.ts";
import { suitesOf, type SuiteArguments } from "./checks.ts";

/** Git objects as GraphQL sees them. */

/** Seen in answers (graphql-inspector, orbiting/backends): text is cut at 512,000 bytes. */
const TEXT_BYTES = 512_000;
/** As git decides: a NUL in the first 8,000 bytes. */
const PROBE_BYTES = 8000;

const short = (oid: string): string => oid.slice(0, 7);

async function blob(state: RepositoryState, oid: string) {
  const content = (await state.git.objects.read(oid))!.content;
  const isBinary = content.subarray(0, PROBE_BYTES).includes(0);
  const isTruncated = content.length > TEXT_BYTES;
  return {
    __typename: "Blob",
    id: `B_${oid}`,
    oid,
    abbreviatedOid: short(oid),
    byteSize: content.length,
    isBinary,
    isTruncated,
    text: isBinary ? null : content.subarray(0, TEXT_BYTES).toString(),
  };
}

function tree(host: Host, state: RepositoryState, oid: string, folder = "") {
  const entries = async () =>
    (await state.git.tree(oid, false)).map((entry) => ({
      name: entry.path,
      path: folder === "" ? entry.path : `${folder}/${entry.path}`,
      oid: entry.oid,
      type: entry.type,
      mode: Number.parseInt(entry.mode, 8),
      size: entry.size ?? 0,
      object: () => gitObject(host, state, entry.oid),
    }));
  return { __typename: "Tree", id: `T_${oid}`, oid, abbreviatedOid: short(oid), entries };
}

async function file(host: Host, state: RepositoryState, commit: string, path: string) {
  const found = await state.git.objects.info(`${commit}:${path}`);
  if (!found) return null;
  const name = path.split("/").at(-1);
  return {
    name,
    path,
    oid: found.oid,
    type: found.type,
    size: found.size,
    object: () => gitObject(host, state, found.oid),
  };
}

async function commit(host: Host, state: RepositoryState, oid: string) {
  const data = (await state.git.readCommit(oid))!;
  return {
    __typename: "Commit",
    id: nodeId("C", Number.parseInt(oid.slice(0, 8), 16)),
    oid,
    abbreviatedOid: short(oid),
    message: data.message,
    messageHeadline: data.message.split("\n")[0],
    committedDate: data.committer.date,
    authoredDate: data.author.date,
    tree: () => tree(host, state, data.tree),
    file: ({ path }: { path: string }) => file(host, state, oid, path),
    checkSuites: (args: SuiteArguments) => suitesOf(host, state, oid, args),
  };
}

/** The object that a hash or an expression (`main:path`, `sha^{tree}`) names; null if there is none. */
export async function gitObject(host: Host, state: RepositoryState, expression: string) {
  const revision = expression.split(":")[0]!;
  if (state.removedCommits.has(revision)) return null;
  const found =
    (await state.git.objects.info(expression)) ?? (await state.git.objects.info(`refs/heads/${expression}`));
  if (!found) return null;
  if (found.type === "blob") return blob(state, found.oid);
  if (found.type === "tree") return tree(host, state, found.oid, expression.split(":")[1]);
  return found.type === "commit" ? commit(host, state, found.oid) : null;
}

/** A branch or a tag. */
export async function gitRef(host: Host, state: RepositoryState, qualifiedName: string) {
  const full = qualifiedName.startsWith("refs/") ? qualifiedName : `refs/heads/${qualifiedName}`;
  const oid = await state.git.commitOf(full);
  if (oid === null) return null;
  const [, prefix = "", name = ""] = /^(refs\/[^/]+\/)(.*)$/.exec(full) ?? [];
  return { id: `REF_${full}`, name, prefix, target: () => gitObject(host, state, oid) };
}
