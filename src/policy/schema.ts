import { z } from "zod";
import { STAGES } from "../engine/types.ts";

const SEVERITIES = ["error", "warning", "notice", "off"] as const;
const TIERS = ["critical", "standard", "best-effort"] as const;
const ENVIRONMENTS = ["production", "staging", "development", "unknown"] as const;
const DEMANDS = ["required", "advised", "off"] as const;
const CLUSTER_KEYS = ["version", "nodes", "zones"] as const;
const LOCKABLE = [
  "tiers",
  "checks",
  "stages",
  "deploys",
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
    stages: byKey(STAGES, z.enum(DEMANDS))
      .describe("Which test stages must gate a production deploy. Default: advised.")
      .optional(),
    deploys: z
      .array(z.strictObject({ workflow: text(), job: text() }))
      .describe("Jobs that deploy to production, where that cannot be told from the files.")
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
