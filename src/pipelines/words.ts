import type { Provider } from "./model.ts";

/** What a CI system calls things, for messages that its users understand. */
export interface Words {
  readonly system: string;
  /** Makes a job wait for another: a key, or in words. */
  readonly needs: string;
  /** Lets a job fail without consequences. */
  readonly allowFailure: string;
  /** What one file, or one entry of it, is called. */
  readonly pipeline: string;
}

const words = (system: string, needs: string, allowFailure: string, pipeline = "pipeline"): Words => ({
  system,
  needs,
  allowFailure,
  pipeline,
});

export const WORDS_OF: Readonly<Record<Provider, Words>> = {
  "github-actions": words("GitHub Actions", "`needs`", "`continue-on-error`", "workflow"),
  circleci: words("CircleCI", "`requires`", "a step that hides failures", "workflow"),
  gitlab: words("GitLab CI", "`needs`", "`allow_failure`"),
  azure: words("Azure Pipelines", "`dependsOn`", "`continueOnError`"),
  jenkins: words("Jenkins", "the stage order", "`catchError`"),
  travis: words("Travis CI", "the stage order", "`allow_failures`"),
  bitbucket: words("Bitbucket Pipelines", "the step order", "`|| true`"),
  "cloud-build": words("Cloud Build", "`waitFor`", "`allowFailure`"),
  buildkite: words("Buildkite", "`depends_on`", "`soft_fail`"),
  drone: words("Drone", "`depends_on`", "`failure: ignore`"),
  woodpecker: words("Woodpecker", "`depends_on`", "`failure: ignore`"),
  tekton: words("Tekton", "`runAfter`", "`onError: continue`"),
  argocd: words("Argo CD", "a required check", "`dryRun`", "application"),
  flux: words("Flux", "a required check", "`dryRun`", "kustomization"),
};

/** A command or a condition in a message. */
export const oneLine = (source: string): string => {
  const flat = source.replaceAll(/\s+/g, " ").trim();
  return flat.length > 120 ? `${flat.slice(0, 117)}…` : flat;
};
