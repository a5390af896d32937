/** Which part of a repository is read when all of it is too much. */
export interface Scope {
  /** Shown to people. */
  readonly folders: readonly string[];
  /** Whether a file is read. */
  readonly holds: (path: string) => boolean;
  /** Whether a folder is read with all that is below it. */
  readonly whole: (folder: string) => boolean;
  /** Whether something below a folder is read. */
  readonly enters: (folder: string) => boolean;
}

/** Names of folders that are a part of something deployed: what is deployed is the folder above them. */
const PART =
  /^(bases?|overlays?|templates|charts|components|env|envs|environments?|prod(uction)?|stag(e|ing)|dev(elopment)?|test|qa|uat|values|patches|crds?)$/i;

const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")));

/** `apps/shop/overlays/prod` → `apps/shop`: up to above the first folder that is a part of something. */
export function deploymentFolder(path: string): string {
  const segments = folderOf(path).split("/");
  const part = segments.findIndex((segment, index) => index > 0 && PART.test(segment));
  return (part === -1 ? segments : segments.slice(0, part)).join("/");
}

const isInside = (path: string, folder: string): boolean => folder === "" || path.startsWith(`${folder}/`);

/** CI systems and GitHub keep their files in dot folders at the root. */
const isSettings = (path: string): boolean => path.startsWith(".");

const unique = (folders: readonly string[]): string[] => [...new Set(folders)].toSorted();

/** All below the deployment folders of what changed, the files beside their ancestors, and the settings at the root. */
export function deploymentScope(changed: readonly string[]): Scope {
  const folders = unique(changed.map(deploymentFolder));
  const whole = (folder: string) =>
    isSettings(folder) || folders.some((one) => one === folder || isInside(folder, one));
  const enters = (folder: string) => whole(folder) || folders.some((one) => isInside(one, folder));
  return { folders, whole, enters, holds: (path) => enters(folderOf(path)) };
}

/** Only the folders themselves in which something changed, those above them, and the settings at the root. */
export function folderScope(changed: readonly string[]): Scope {
  const folders = unique(changed.map(folderOf));
  const whole = isSettings;
  const enters = (folder: string) =>
    whole(folder) || folders.some((one) => one === folder || isInside(one, folder));
  return { folders, whole, enters, holds: (path) => enters(folderOf(path)) };
}
