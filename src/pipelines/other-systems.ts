import type { Note } from "../engine/types.ts";
import { readArgo } from "./argo.ts";
import { readAzure } from "./azure.ts";
import { readBitbucket } from "./bitbucket.ts";
import { readBuildkite } from "./buildkite.ts";
import { readCircleCi } from "./circleci.ts";
import { readCloudBuild } from "./cloud-build.ts";
import { readDrone, readWoodpecker } from "./drone.ts";
import type { Files } from "./github-actions.ts";
import { readGitLab } from "./gitlab.ts";
import { readJenkinsfile } from "./jenkins.ts";
import type { Pipeline } from "./model.ts";
import { readTekton } from "./tekton.ts";
import { readTravis } from "./travis.ts";

/** Reads one file of a system into the model. It gives nothing where the file is none of its pipelines. */
type Reader = (path: string, files: Files) => Pipeline[];

interface System {
  readonly name: string;
  readonly file: RegExp;
  /** What the text must hold as well, where the name alone says too little. */
  readonly holds?: RegExp;
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
  { name: "Cloud Build", file: /(^|\/)cloudbuild[^/]*\.(ya?ml|json)$/, read: readCloudBuild },
  { name: "Travis CI", file: /^\.travis\.ya?ml$/, read: readTravis },
  { name: "Buildkite", file: /^\.buildkite\/[^/]+\.(ya?ml|json)$/, read: readBuildkite },
  { name: "Drone", file: /^\.drone\.ya?ml$/, read: readDrone },
  { name: "Drone", file: /^\.drone\.(jsonnet|star)$/ },
  { name: "Bitbucket Pipelines", file: /^bitbucket-pipelines\.ya?ml$/, read: readBitbucket },
  { name: "AppVeyor", file: /^\.?appveyor\.ya?ml$/ },
  { name: "Semaphore", file: /^\.semaphore\/[^/]+\.ya?ml$/ },
  { name: "Prow", file: /^(\.prow\.ya?ml|\.prow\/.+\.ya?ml)$/ },
  { name: "TeamCity", file: /^\.teamcity\/.+\.(kts|xml)$/ },
  { name: "Harness", file: /^\.harness\/.+\.ya?ml$/ },
  { name: "CodeBuild", file: /(^|\/)buildspec[^/]*\.ya?ml$/ },
  { name: "Earthly", file: /(^|\/)Earthfile$/ },
  { name: "Dagger", file: /^dagger\.json$/ },
  { name: "GoCD", file: /\.gocd\.(ya?ml|json)$/ },
  { name: "Screwdriver", file: /^screwdriver\.ya?ml$/ },
  { name: "Wercker", file: /^wercker\.ya?ml$/ },
  { name: "Codefresh", file: /^(codefresh\.ya?ml|\.codefresh\/.+\.ya?ml)$/ },
  { name: "Codemagic", file: /^codemagic\.ya?ml$/ },
  { name: "Bamboo", file: /^bamboo-specs\/.+\.ya?ml$/ },
  { name: "Zuul", file: /^(\.?zuul\.ya?ml|\.?zuul\.d\/.+\.ya?ml)$/ },
  // These have no fixed names: what the file holds tells them from others in such folders.
  {
    name: "Concourse",
    file: /^(ci|concourse|\.concourse)\/(.+\/)?pipelines?[^/]*(\/[^/]+)?\.ya?ml$/,
    holds: /^resources:(?=[^]{0,200000}^jobs:)|^jobs:(?=[^]{0,200000}^resources:)/m,
  },
  { name: "CodePipeline", file: /\.(ya?ml|json)$/, holds: /AWS::CodePipeline::Pipeline/ },
  {
    name: "Spinnaker",
    file: /(^|\/)(\.?spinnaker|pipelines?)\/.+\.(ya?ml|json)$/,
    holds: /["']?(schema|expectedArtifacts|keepWaitingPipelines|limitConcurrent)["']?:/,
  },
];

/** Systems whose pipelines lie in several files that belong together, or anywhere. They note for themselves what is not read. */
const WHOLE: readonly ((files: Files) => Pipeline[])[] = [readWoodpecker, readTekton, readArgo];

/** Reads the pipelines of all other systems; what gives none is noted, and listed as not read. */
export function readOtherSystems(files: Files): Pipeline[] {
  const single = [...files.tree.files].sort(byPath).flatMap(([path, { text }]) => {
    const system = SYSTEMS.find(({ file, holds }) => file.test(path) && (holds?.test(text) ?? true));
    if (!system) return [];
    const pipelines = system.read?.(path, files) ?? [];
    if (pipelines.length === 0 && !files.unread.includes(path)) {
      files.unread.push(path);
      files.notes.push(noteOf(system, path));
    }
    return pipelines;
  });
  return [...single, ...WHOLE.flatMap((read) => read(files))];
}

const byPath = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1);

const noteOf = ({ name }: System, path: string): Note => ({
  path,
  message: `This ${name} pipeline is present and was not analysed: what it tests, and what it deploys, is unknown.`,
});
