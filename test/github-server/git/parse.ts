export interface Signature {
  name: string;
  email: string;
  date: string;
}

export interface Commit {
  oid: string;
  tree: string;
  parents: string[];
  author: Signature;
  committer: Signature;
  message: string;
}

export interface TreeEntry {
  mode: string;
  type: "blob" | "tree" | "commit";
  oid: string;
  size: number | undefined;
  path: string;
}

function parseSignature(line: string): Signature {
  const match = /^\w+ (.*) <(.*)> (\d+) [+-]\d{4}$/.exec(line);
  const [, name = "", email = "", seconds = "0"] = match ?? [];
  return { name, email, date: new Date(Number(seconds) * 1000).toISOString().replace(".000Z", "Z") };
}

/** Reads a commit object: headers, an empty line, the message. */
export function parseCommit(oid: string, text: string): Commit {
  const end = text.indexOf("\n\n");
  const headers = text.slice(0, end).split("\n");
  const header = (name: string): string => headers.find((line) => line.startsWith(`${name} `)) ?? "";
  return {
    oid,
    tree: header("tree").slice(5),
    parents: headers.filter((line) => line.startsWith("parent ")).map((line) => line.slice(7)),
    author: parseSignature(header("author")),
    committer: parseSignature(header("committer")),
    message: text.slice(end + 2).replace(/\n$/, ""),
  };
}

/** Reads `git ls-tree -z -l`. */
export function parseTree(output: Buffer): TreeEntry[] {
  return output
    .toString()
    .split("\0")
    .filter((line) => line !== "")
    .map((line) => {
      const tab = line.indexOf("\t");
      const [mode, type, oid, size] = line.slice(0, tab).split(/ +/) as [
        string,
        TreeEntry["type"],
        string,
        string,
      ];
      return { mode, type, oid, size: size === "-" ? undefined : Number(size), path: line.slice(tab + 1) };
    });
}
