import type { Note, Tree } from "../engine/types.ts";

/** Files of CI systems that are recognised and not yet read. What they test is unknown, and never absent. */
const SYSTEMS: readonly (readonly [system: string, file: RegExp])[] = [
  ["Jenkins", /(^|\/)(Jenkinsfile[^/]*|[^/]+\.jenkinsfile)$/i],
  ["GitLab CI", /^\.gitlab-ci\.ya?ml$/],
  ["CircleCI", /^\.circleci\/config\.ya?ml$/],
  [
    "Azure Pipelines",
    /^(azure-pipelines[^/]*\.ya?ml|\.azure-pipelines\/.+\.ya?ml|\.azuredevops\/.+\.ya?ml)$/,
  ],
  ["Cloud Build", /(^|\/)cloudbuild[^/]*\.(ya?ml|json)$/],
  ["Travis CI", /^\.travis\.ya?ml$/],
  ["Buildkite", /^\.buildkite\/[^/]+\.ya?ml$/],
  ["Drone", /^\.drone\.(ya?ml|jsonnet|star)$/],
  ["Woodpecker", /^\.woodpecker(\.ya?ml|\/.+\.ya?ml)$/],
  ["Tekton Pipelines as Code", /^\.tekton\/[^/]+\.ya?ml$/],
  ["Bitbucket Pipelines", /^bitbucket-pipelines\.ya?ml$/],
  ["AppVeyor", /^\.?appveyor\.ya?ml$/],
  ["Semaphore", /^\.semaphore\/[^/]+\.ya?ml$/],
  ["Prow", /^(\.prow\.ya?ml|\.prow\/.+\.ya?ml)$/],
];

export interface OtherSystem {
  readonly system: string;
  readonly path: string;
}

export function findOtherSystems(tree: Tree): OtherSystem[] {
  return [...tree.files.keys()].sort().flatMap((path) => {
    const found = SYSTEMS.find(([, file]) => file.test(path));
    return found ? [{ system: found[0], path }] : [];
  });
}

export function noteOf({ system, path }: OtherSystem): Note {
  return {
    path,
    message: `This ${system} pipeline is present and was not analysed: what it tests, and what it deploys, is unknown.`,
  };
}
