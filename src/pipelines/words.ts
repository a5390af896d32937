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
  /** What the model calls a job, at the begin of a sentence. */
  readonly job: string;
}

const words = (
  system: string,
  needs: string,
  allowFailure: string,
  { pipeline = "pipeline", job = "Job" }: Partial<Pick<Words, "pipeline" | "job">> = {},
): Words => ({ system, needs, allowFailure, pipeline, job });

/** How each CI system calls what messages speak of. */
export const WORDS_OF: Readonly<Record<Provider, Words>> = {
  "github-actions": words("GitHub Actions", "`needs`", "`continue-on-error`", { pipeline: "workflow" }),
  circleci: words("CircleCI", "`requires`", "a step that hides failures", { pipeline: "workflow" }),
  gitlab: words("GitLab CI", "`needs`", "`allow_failure`"),
  azure: words("Azure Pipelines", "`dependsOn`", "`continueOnError`"),
  jenkins: words("Jenkins", "the stage order", "`catchError`", { job: "Stage" }),
  travis: words("Travis CI", "the stage order", "`allow_failures`", { pipeline: "build" }),
  bitbucket: words("Bitbucket Pipelines", "the step order", "`on-fail: { strategy: ignore }`", {
    job: "Step",
  }),
  "cloud-build": words("Cloud Build", "`waitFor`", "`allowFailure`", { pipeline: "build", job: "Step" }),
  buildkite: words("Buildkite", "`depends_on` or `wait`", "`soft_fail`", { job: "Step" }),
  drone: words("Drone", "`depends_on`", "`failure: ignore`", { job: "Step" }),
  woodpecker: words("Woodpecker", "`depends_on`", "`failure: ignore`", { pipeline: "workflow", job: "Step" }),
  tekton: words("Tekton", "`runAfter`", "`onError: continue`", { job: "Task" }),
  argo: words("Argo Workflows", "`depends`", "`continueOn`", { pipeline: "workflow", job: "Task" }),
  argocd: words("Argo CD", "a required check", "`dryRun`", { pipeline: "application" }),
  flux: words("Flux", "a required check", "`dryRun`", { pipeline: "kustomization" }),
};

/** A command or a condition in a message. */
export const oneLine = (source: string): string => {
  const flat = source.replaceAll(/\s+/g, " ").trim();
  return flat.length > 120 ? `${flat.slice(0, 117)}…` : flat;
};
