import type { Stage } from "../engine/types.ts";
import type { Deploy } from "./deploys.ts";
import type { Provider } from "./model.ts";
import { WORDS_OF } from "./words.ts";

/** The smallest thing that begins a stage: what to run, and what makes it able to fail. */
const BEGINNINGS: Readonly<Record<Stage, string>> = {
  unit: "run the unit tests, such as `npm test`",
  acceptance: "run `helm test` or `playwright test` against staging",
  performance: "run a k6 smoke with a threshold",
  stress: "run k6 up to the breaking point on staging, with a threshold",
  rollback: "in a kind cluster, install the last release, upgrade, `helm rollback`, and test again",
  "data-restore": "restore last night's backup into a scratch namespace and query it",
  penetration: "run a ZAP baseline against staging with `fail_action: true`",
};

/** What a controller deploys on merge, only a check before the merge can hold back. */
const MERGED = (deploy: string): string =>
  `in a check of pull requests that the default branch requires: ${deploy} is deployed by the merge`;

/** How a job comes to stand before a deploy, in the words of its CI system. */
const PLACES: Readonly<Partial<Record<Provider, (deploy: string) => string>>> = {
  jenkins: (deploy) => `in a stage before ${deploy}`,
  travis: (deploy) => `in a stage before ${deploy}`,
  bitbucket: (deploy) => `in a step before ${deploy}`,
  "cloud-build": (deploy) =>
    `in a step above ${deploy}, which waits for it unless its \`waitFor\` names others`,
  buildkite: (deploy) => `in a step before ${deploy}, with a \`wait\` between the two`,
  drone: (deploy) => `in a step above ${deploy}, or one that its \`depends_on\` names`,
  woodpecker: (deploy) => `in a step above ${deploy}, or one that its \`depends_on\` names`,
  argocd: MERGED,
  flux: MERGED,
};

/** One line on how to begin a stage that is missing before a deploy. */
export function beginningOf(stage: Stage, { root, pipeline }: Deploy): string {
  const place = PLACES[pipeline.provider]?.(root.id);
  const { needs, job } = WORDS_OF[pipeline.provider];
  const command =
    pipeline.provider === "github-actions"
      ? BEGINNINGS[stage]
      : BEGINNINGS[stage].replace("with `fail_action: true`", "that fails on alerts");
  return `to begin, ${command} ${place ?? `in a ${job.toLowerCase()} that ${root.id} waits for by ${needs}`}`;
}
