import type { Note } from "../engine/types.ts";
import { readAzure } from "./azure.ts";
import { readCircleCi } from "./circleci.ts";
import type { Files } from "./github-actions.ts";
import { readGitLab } from "./gitlab.ts";
import { readJenkinsfile } from "./jenkins.ts";
import type { Pipeline } from "./model.ts";

/** Reads one file of a system into the model. It gives nothing where the file is none of its pipelines. */
type Reader = (path: string, files: Files) => Pipeline[];

interface System {
  readonly name: string;
  readonly file: RegExp;
  /** Absent where the system is recognised and not read. */
  readonly read?: Reader;
}

/** CI systems beside GitHub Actions. What a file tests that was not read is unknown, and never absent. */
const SYSTEMS: readonly System[] = [
  { name: "Jenkins", file: /(^|\/)(Jenkinsfile[^/]*|[^/]+\.jenkinsfile)$/i, read: readJenkinsfile },
  { name: "GitLab CI", file: /^\.gitlab-ci\.ya?ml$/, read: readGitLab },
  { name: "CircleCI", file: /^\.circleci\/config\.ya?ml$/, read: readCircleCi },
  {
    name: "Azure Pipelines",
    file: /^(azure-pipelines?[^/]*\.ya?ml|\.azure-?pipelines\/[^/]+\.ya?ml|\.azuredevops\/[^/]+\.ya?ml)$/,
    read: readAzure,
  },
  { name: "Cloud Build", file: /(^|\/)cloudbuild[^/]*\.(ya?ml|json)$/ },
  { name: "Travis CI", file: /^\.travis\.ya?ml$/ },
  { name: "Buildkite", file: /^\.buildkite\/[^/]+\.ya?ml$/ },
  { name: "Drone", file: /^\.drone\.(ya?ml|jsonnet|star)$/ },
  { name: "Woodpecker", file: /^\.woodpecker(\.ya?ml|\/.+\.ya?ml)$/ },
  { name: "Tekton Pipelines as Code", file: /^\.tekton\/[^/]+\.ya?ml$/ },
  { name: "Bitbucket Pipelines", file: /^bitbucket-pipelines\.ya?ml$/ },
  { name: "AppVeyor", file: /^\.?appveyor\.ya?ml$/ },
  { name: "Semaphore", file: /^\.semaphore\/[^/]+\.ya?ml$/ },
  { name: "Prow", file: /^(\.prow\.ya?ml|\.prow\/.+\.ya?ml)$/ },
];

/** Reads the pipelines of all other systems; what gives none is noted, and listed as not read. */
export function readOtherSystems(files: Files): Pipeline[] {
  return [...files.tree.files.keys()].sort().flatMap((path) => {
    const system = SYSTEMS.find(({ file }) => file.test(path));
    if (!system) return [];
    const pipelines = system.read?.(path, files) ?? [];
    if (pipelines.length === 0 && !files.unread.includes(path)) {
      files.unread.push(path);
      files.notes.push(noteOf(system, path));
    }
    return pipelines;
  });
}

const noteOf = ({ name }: System, path: string): Note => ({
  path,
  message: `This ${name} pipeline is present and was not analysed: what it tests, and what it deploys, is unknown.`,
});
