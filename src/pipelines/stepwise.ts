import type { Deploy, DeployPoint } from "./deploys.ts";
import { oneLine } from "./words.ts";

/** Actions and commands that shift traffic step by step. */
const COMMANDS = /^kubectl argo rollouts|^gcloud deploy releases|--canary|canary|blue-?green/i;

/**
 * What brings a deploy out step by step, as people read it in the file; undefined where nothing in its jobs does.
 * `strategy` is an argument of https://github.com/Azure/k8s-deploy and of Azure's task KubernetesManifest.
 */
export function stepwiseBy({ points }: Deploy): string | undefined {
  for (const point of points) {
    if (COMMANDS.test(point.text)) return oneLine(point.text);
    const given = argumentOf(point);
    if (/^(canary|blue-?green)$/i.test(given)) return `strategy: ${given}`;
    if (point.job.strategy !== undefined) return `strategy: ${point.job.strategy}`;
  }
  return undefined;
}

const argumentOf = ({ job, step }: DeployPoint): string => job.steps[step]?.arguments["strategy"] ?? "";
