import type { ObjectInfo } from "../git/objects.ts";
import type { TreeEntry } from "../git/parse.ts";
import { HttpError, notFound } from "../http/errors.ts";
import { ok, onRepository, type RepositoryRequest, type Route } from "../http/router.ts";
import { commitOf } from "../model/pulls.ts";
import { nodeId } from "../shapes/users.ts";

/** Source: REST docs, "Get a blob": blobs up to 100 MB. */
const BLOB_BYTES = 100 * 1024 * 1024;
/** Source: REST docs, "Get repository content": all features up to 1 MB, above it only raw. */
const CONTENT_BYTES = 1024 * 1024;
/** Source: REST docs, "Get repository content": a directory lists at most 1,000 files. */
const DIRECTORY_ENTRIES = 1000;

const wantsRaw = ({ headers }: RepositoryRequest): boolean =>
  /[./]raw\b/.test(String(headers["accept"] ?? ""));
const api = ({ host, repository }: RepositoryRequest): string => `${host.url}/repos/${repository.fullName}`;

/** Base64 as GitHub writes it: lines of 60 characters, each ended. */
const base64 = (bytes: Buffer): string => bytes.toString("base64").replace(/.{1,60}/g, "$&\n");

async function treeOid({ repository }: RepositoryRequest, name: string): Promise<string> {
  const commit = /^[0-9a-f]{40}$/.test(name) ? null : await commitOf(repository, name);
  if (repository.removedCommits.has(name)) throw notFound();
  const tree = await repository.git.objects.info(`${commit ?? name}^{tree}`);
  if (!tree) throw notFound();
  return tree.oid;
}

async function getTree(request: RepositoryRequest) {
  const { host, repository, params, query } = request;
  const oid = await treeOid(request, params["tree_sha"] ?? "");
  const all = await repository.git.tree(oid, query.has("recursive"));
  const url = ({ type, oid: sha }: TreeEntry) => `${api(request)}/git/${type}s/${sha}`;
  const shape = (entry: TreeEntry) => ({
    path: entry.path,
    mode: entry.mode,
    type: entry.type,
    sha: entry.oid,
    ...(entry.size === undefined ? {} : { size: entry.size }),
    ...(entry.type === "commit" ? {} : { url: url(entry) }),
  });
  const tree = [];
  let bytes = 0;
  for (const entry of all.slice(0, host.settings.treeEntries)) {
    const shaped = shape(entry);
    bytes += JSON.stringify(shaped).length;
    if (bytes > host.settings.treeBytes) break;
    tree.push(shaped);
  }
  return ok({ sha: oid, url: `${api(request)}/git/trees/${oid}`, tree, truncated: tree.length < all.length });
}

async function getBlob(request: RepositoryRequest) {
  const { repository, params } = request;
  const sha = params["file_sha"] ?? "";
  const info = /^[0-9a-f]{40}$/.test(sha) ? await repository.git.objects.info(sha) : null;
  if (info?.type !== "blob") throw notFound();
  if (info.size > BLOB_BYTES) throw tooLarge("blob", info);
  const content = (await repository.git.objects.read(sha))!.content;
  if (wantsRaw(request)) return ok(content);
  const url = `${api(request)}/git/blobs/${sha}`;
  const node_id = nodeId("B", Number.parseInt(sha.slice(0, 8), 16));
  return ok({ sha, node_id, size: info.size, url, content: base64(content), encoding: "base64" });
}

const tooLarge = (field: string, { size }: ObjectInfo): HttpError =>
  new HttpError(403, {
    message: `This API returns blobs up to 100 MB in size. The requested blob has ${size} bytes.`,
    errors: [{ resource: "Blob", field, code: "too_large" }],
  });

function entryLinks(request: RepositoryRequest, path: string, commit: string, info: ObjectInfo) {
  const { host, repository } = request;
  const kind = info.type === "tree" ? "tree" : "blob";
  const url = `${api(request)}/contents/${path}?ref=${commit}`;
  const git = `${api(request)}/git/${kind}s/${info.oid}`;
  const html = `${host.url}/${repository.fullName}/${kind}/${commit}/${path}`;
  const download = kind === "tree" ? null : `${host.url}/${repository.fullName}/raw/${commit}/${path}`;
  return {
    type: kind === "tree" ? "dir" : "file",
    name: path.split("/").at(-1) ?? "",
    path,
    sha: info.oid,
    size: kind === "tree" ? 0 : info.size,
    url,
    git_url: git,
    html_url: html,
    download_url: download,
    _links: { self: url, git, html },
  };
}

async function getDirectory(request: RepositoryRequest, path: string, commit: string, oid: string) {
  const entries = await request.repository.git.tree(oid, false);
  const prefix = path === "" ? "" : `${path}/`;
  return ok(
    entries.slice(0, DIRECTORY_ENTRIES).map((entry) => {
      const info = { oid: entry.oid, type: entry.type, size: entry.size ?? 0 };
      return entryLinks(request, prefix + entry.path, commit, info);
    }),
  );
}

async function getContents(request: RepositoryRequest) {
  const { repository, params, query } = request;
  const path = (params["path"] ?? "").replace(/^\/+|\/+$/g, "");
  const commit = await commitOf(repository, query.get("ref") ?? repository.defaultBranch);
  const info = await repository.git.objects.info(`${commit}:${path}`);
  if (!info) throw notFound();
  if (info.type === "tree") return getDirectory(request, path, commit, info.oid);
  if (info.size > BLOB_BYTES) throw tooLarge("data", info);
  const object = await repository.git.objects.read(info.oid);
  if (wantsRaw(request)) return ok(object!.content);
  const inline = info.size <= CONTENT_BYTES;
  return ok({
    ...entryLinks(request, path, commit, info),
    encoding: inline ? "base64" : "none",
    content: inline ? base64(object!.content) : "",
  });
}

export const contentRoutes: readonly Route[] = [
  onRepository("GET /git/trees/{tree_sha}", ["contents:read"], getTree),
  onRepository("GET /git/blobs/{file_sha}", ["contents:read"], getBlob),
  onRepository("GET /contents/{path}", ["contents:read"], getContents),
];
