/** Paths of a tree: always `/`, relative to the repository's root, which is `.`. */

export function folderOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "." : path.slice(0, slash);
}

/** Whether a path lies in a folder or below it; all do in `.`. */
export function isInside(path: string, folder: string): boolean {
  return folder === "." || path.startsWith(`${folder}/`);
}

/** Resolves `../base/x.yaml` against a folder; undefined where it leaves the repository. */
export function resolvePath(folder: string, relative: string): string | undefined {
  const steps: string[] = folder === "." ? [] : folder.split("/");
  for (const step of relative.split("/")) {
    if (step === "" || step === ".") continue;
    if (step !== "..") steps.push(step);
    else if (steps.pop() === undefined) return undefined;
  }
  return steps.length === 0 ? "." : steps.join("/");
}
