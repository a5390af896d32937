import { execFileSync } from "node:child_process";
import type { Random } from "../judgement/random.ts";
import type { Files } from "./seeds.ts";

/** Paths of symbolic links, with what they name. */
export type Links = Readonly<Record<string, string>>;

/**
 * Symbolic links where charts and kustomizations look for files: in the place of a file, of a folder, or as one more
 * template, value, resource or dependency. They lead outside, to themselves, to folders, to each other, or nowhere.
 * @param target an absolute path that must not be read
 */
export function linked(files: Files, random: Random, target: string): Links {
  const paths = Object.keys(files);
  const folders = [...new Set(paths.map((path) => path.slice(0, path.lastIndexOf("/") + 1)))];
  const link = (): [string, string] => {
    const folder = random.pick(folders);
    const more = [
      "templates/more.yaml",
      "charts/d",
      "values-staging.yaml",
      "more.yaml",
      "files/data.json",
      "crds",
    ];
    const path = random.next() < 0.5 ? random.pick(paths) : `${folder}${random.pick(more)}`;
    const up = "../".repeat(path.split("/").length + 8);
    const ways = [
      ...[target, up + target.slice(1), "/etc/passwd", "/dev/zero", "/proc/self/environ", "/"],
      ...[path.slice(path.lastIndexOf("/") + 1), ".", "..", "nowhere.yaml", random.pick(paths), "", "a\nb"],
    ];
    return [path, random.pick(ways)];
  };
  return Object.fromEntries(Array.from({ length: 1 + Math.floor(random.next() * 4) }, link));
}

/** Files that the links leave: one path is a file or a link, and nothing stands below a link. */
export function besides(files: Files, links: Links): Files {
  const taken = Object.keys(links);
  return Object.fromEntries(
    Object.entries(files).filter(
      ([path]) => !taken.some((link) => path === link || path.startsWith(`${link}/`)),
    ),
  );
}

/** Commits both sides as they are, links as links, without a working folder that could hold them. */
export function commitLinks(dir: string, sides: readonly { files: Files; links: Links }[]): void {
  const commits = sides.map(({ files, links }, index) => {
    const entries = [
      ...Object.entries(besides(files, links)).map(([path, text]) => entry("100644", path, text)),
      ...Object.entries(links)
        .filter(([path]) => !Object.keys(links).some((other) => path.startsWith(`${other}/`)))
        .map(([path, text]) => entry("120000", path, text)),
    ];
    return `commit refs/heads/side${String(index)}\ncommitter A <a@example.com> 1 +0000\n${data("x")}${
      index === 0 ? "" : `from refs/heads/side${String(index - 1)}\n`
    }deleteall\n${entries.join("")}`;
  });
  execFileSync("git", ["fast-import", "--quiet", "--force"], { cwd: dir, input: `${commits.join("\n")}\n` });
}

const data = (text: string) => `data ${String(Buffer.byteLength(text))}\n${text}\n`;

const entry = (mode: string, path: string, text: string) =>
  `M ${mode} inline ${JSON.stringify(path)}\n${data(text)}`;
