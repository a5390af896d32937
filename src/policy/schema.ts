import { z } from "zod";
import { STAGES, TIERS } from "../engine/types.ts";

const SEVERITIES = ["error", "warning", "notice", "off"] as const;
const ENVIRONMENTS = ["production", "staging", "development", "unknown"] as const;
const DEMANDS = ["required", "advised", "off"] as const;
const CLUSTER_KEYS = ["version", "nodes", "zones"] as const;
/** The usual keys that a key of one's own chart can stand for: those that the checks of values know. */
const VALUES_MEANINGS = [
  "enabled",
  "replicaCount",
  "minReplicas",
  "maxReplicas",
  "autoscaling",
  "podDisruptionBudget",
  "minAvailable",
  "maxUnavailable",
  "maxSurge",
  "strategy",
  "readinessProbe",
  "livenessProbe",
  "startupProbe",
  "terminationGracePeriodSeconds",
  "lifecycle",
  "affinity",
  "topologySpreadConstraints",
  "resources",
  "persistence",
  "storageClass",
  "size",
  "backup",
  "ingress",
  "service",
  "serviceMonitor",
] as const;
const LOCKABLE = [
  "tiers",
  "checks",
  "stages",
  "deploys",
  "tests",
  "bypasses",
  "units",
  "cluster",
  "waivers",
  "comments",
  "unverified",
] as const;

const text = () => z.string().trim().min(1);
const severity = z.enum(SEVERITIES);
const tier = z.enum(TIERS);

const tierRule = z.strictObject({
  match: z
    .strictObject({
      kind: text().optional(),
      namespace: text().optional(),
      name: text().optional(),
      environment: z.enum(ENVIRONMENTS).optional(),
      unit: text().optional(),
      labels: z.record(z.string(), z.string()).optional(),
    })
    .describe("All of these must match; * stands for any run of characters. {} matches everything."),
  tier: tier.describe("How much depends on what matches."),
});

const checkSetting = z
  .union([severity, z.strictObject({ severity, tiers: z.array(tier).min(1).optional() })])
  .describe(
    "The severity of every finding of this check, or off; with tiers, only for workloads of these tiers.",
  );

const demand = z.enum(DEMANDS);

const stageRule = z.union([
  demand,
  z.strictObject({
    demand,
    tiers: z
      .array(tier)
      .min(1)
      .describe("The tiers of deploys of which it is demanded; for the others the stage is advised.")
      .optional(),
    from: z.iso
      .date()
      .describe("The first day on which required holds, YYYY-MM-DD; until then the stage is advised.")
      .optional(),
  }),
]);

const units = z.strictObject({
  exclude: z
    .array(text())
    .describe("Folders, files, charts and kustomizations that nobody deploys from here; they are not judged.")
    .optional(),
  environments: z
    .array(z.strictObject({ match: text(), environment: z.enum(ENVIRONMENTS) }))
    .describe("The environment of units whose names do not tell it. First match wins.")
    .optional(),
  releases: z
    .array(
      z.strictObject({
        chart: text().describe("Folder of a chart of the repository."),
        values: z
          .array(text())
          .describe("Its values files, as paths from the repository's root; the last one wins."),
        environment: z.enum(ENVIRONMENTS).optional(),
      }),
    )
    .describe("How charts are deployed, where no file of the repository says so.")
    .optional(),
});

const valuesKey = z.strictObject({
  key: z
    .string()
    .regex(/^[^.\s]+(\.[^.\s]+){0,9}$/)
    .describe("Dotted path of a key in a chart's values; * stands for any one key."),
  means: z.enum(VALUES_MEANINGS).describe("The usual key that means the same."),
});

const declaredTest = z
  .strictObject({
    stage: z.enum(STAGES),
    workflow: text().optional(),
    job: text().optional(),
    check: text().describe("A check's name as commits show it, whoever reports it.").optional(),
  })
  .refine(
    ({ workflow, job, check }) =>
      check === undefined ? workflow !== undefined && job !== undefined : (workflow ?? job) === undefined,
    "name either a workflow and its job, or a check",
  );

const waiver = {
  subject: text().describe("Kind/namespace/name as the report names it; * stands for any run of characters."),
  until: z.iso.date().describe("The last day on which the waiver holds, YYYY-MM-DD."),
  reason: text().describe("Why the risk is accepted. It is shown in every report."),
  by: text().describe("Who accepted it."),
};

const cluster = z.strictObject({
  version: z
    .string()
    .regex(/^\d+\.\d+$/)
    .describe('Kubernetes minor version in quotes, such as "1.35".')
    .optional(),
  nodes: z.int().min(1).describe("Nodes that can run workloads.").optional(),
  zones: z.int().min(1).describe("Failure zones of the nodes.").optional(),
});

/** Everything that `locked` can name. */
function lockable(checkIds: readonly string[]): string[] {
  return [
    ...LOCKABLE,
    ...checkIds.map((id) => `checks.${id}`),
    ...STAGES.map((stage) => `stages.${stage}`),
    ...CLUSTER_KEYS.map((key) => `cluster.${key}`),
  ];
}

const byKey = <T extends z.ZodType>(keys: readonly string[], value: T) =>
  z.strictObject(Object.fromEntries(keys.map((key) => [key, value.optional()])));

/** The form of a policy file, as Zod: the one source of its types, its validation and its JSON Schema. */
export function policyFile(checkIds: readonly string[]) {
  return z.strictObject({
    version: z.literal(1).describe("The version of this format."),
    tiers: z.array(tierRule).describe("First match wins; no match means standard.").optional(),
    checks: byKey(checkIds, checkSetting).describe("Severities that differ from the checks' own.").optional(),
    stages: byKey(STAGES, stageRule)
      .describe("Which test stages must gate a production deploy. Default: advised.")
      .optional(),
    deploys: z
      .array(z.strictObject({ workflow: text(), job: text() }))
      .describe("Jobs that deploy to production, where that cannot be told from the files.")
      .optional(),
    tests: z
      .array(declaredTest)
      .describe("Jobs and checks that are the test of a stage, where that cannot be told from the files.")
      .optional(),
    bypasses: z
      .array(
        z.strictObject({
          workflow: text(),
          input: text(),
          reason: text().describe("Why tests may be passed by. It is shown in every report."),
        }),
      )
      .describe("Inputs of workflows that may let a deploy pass its tests by.")
      .optional(),
    units: units.describe("What is deployed, where the files do not tell.").optional(),
    values: z
      .array(valuesKey)
      .describe("Keys of your own charts, and the usual keys that mean the same.")
      .optional(),
    cluster: cluster.describe("What the manifests run on.").optional(),
    waivers: z
      .array(z.strictObject({ check: checkId(checkIds), ...waiver }))
      .describe("Accepted findings.")
      .optional(),
    comments: severity.describe("The least severity that becomes a line comment. Default: error.").optional(),
    unverified: z
      .enum(["failure", "neutral"])
      .describe("What a review that could not be made concludes with. Default: failure.")
      .optional(),
    locked: z
      .array(z.enum(lockable(checkIds)))
      .describe("Keys that a repository may tighten but not loosen. Organisation only.")
      .optional(),
  });
}

function checkId(checkIds: readonly string[]) {
  return z.enum([...checkIds]).describe("The check whose finding is accepted.");
}

/** A policy file as it is written, checked and not yet merged. */
export type PolicyFile = z.infer<ReturnType<typeof policyFile>>;

/** The JSON Schema (draft 7, which editors read) of a policy file. */
export function policySchema(checkIds: readonly string[]): object {
  const schema = z.toJSONSchema(policyFile(checkIds), { target: "draft-7", io: "input" });
  return { ...schema, title: "Policy of nines (nines.yml)" };
}
