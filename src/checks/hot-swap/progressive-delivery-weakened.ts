import { isFlagger, isGradual, isRollout, strategyKind, targetOf } from "../../engine/progressive.ts";
import { removalOf } from "../../engine/pruning.ts";
import { sameNamespace } from "../../engine/selectors.ts";
import type { Manifest, Problem } from "../../engine/types.ts";
import { strategyOf, type Workload } from "../../engine/workload.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities, type Transition } from "../define.ts";
import { lessGradual } from "./_gradual.ts";

const POD = `  selector: { matchLabels: { app: checkout } }
  template:
    metadata: { labels: { app: checkout } }
    spec: { containers: [{ name: web, image: checkout:4 }] }
`;

const rollout = (strategy: string, more = "") => `apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: { name: checkout, namespace: shop }
spec:
  replicas: 4
${more}  strategy:
${strategy.replace(/^(?=.)/gm, "    ")}${POD}`;

const deployment = (head = "kind: Deployment", replicas = "replicas: 4") => `apiVersion: apps/v1
${head}
metadata: { name: checkout, namespace: shop }
spec:
  ${replicas}
${POD}`;

const STEPS = `canary:
  steps:
    - setWeight: 10
    - pause: { duration: 10m }
    - setWeight: 50
    - pause: {}
`;

const BLUE_GREEN = `blueGreen:
  activeService: checkout
  previewService: checkout-preview
  autoPromotionEnabled: false
`;

const flagger = (spec = "", weight = "5") => `---
apiVersion: flagger.app/v1beta1
kind: Canary
metadata: { name: checkout, namespace: shop }
spec:
  targetRef: { apiVersion: apps/v1, kind: Deployment, name: checkout }
${spec}  service: { port: 80 }
  analysis:
    interval: 1m
    threshold: 5
    maxWeight: 50
    stepWeight: ${weight}
`;

export default defineCheck({
  kind: "transition",
  id: "progressive-delivery-weakened",
  title: "New versions reach users with less care",
  pillar: "hot-swap",
  severity: severities("error", "error", "warning"),
  confidence: "certain",
  why: "A canary or a blue-green release shows a new version to few users, or to none, while it can still be stopped. Without it a bad version reaches everybody at the next release, and going back takes another rollout.",
  fix: "Keep the steps, the pauses, the promotion by hand or by analysis, and the delay before old pods stop.",
  references: [
    "https://argo-rollouts.readthedocs.io/en/stable/features/specification/",
    "https://argo-rollouts.readthedocs.io/en/stable/features/bluegreen/",
    "https://docs.flagger.app/usage/how-it-works#canary-finalizers",
  ],
  unsafe: [
    {
      title: "the steps of a canary are removed",
      before: rollout(STEPS),
      after: rollout("canary: # <- finding\n  maxSurge: 1\n"),
    },
    {
      title: "the pauses between the steps are removed",
      before: rollout(STEPS),
      after: rollout("canary:\n  steps: # <- finding\n    - setWeight: 10\n    - setWeight: 50\n"),
    },
    {
      title: "the first step takes all users",
      before: rollout(STEPS),
      after: rollout(
        "canary:\n  steps: # <- finding\n    - setWeight: 100\n    - pause: { duration: 10m }\n",
      ),
    },
    {
      title: "the first users are five times as many",
      before: rollout(STEPS),
      after: rollout("canary:\n  steps:\n    - setWeight: 50 # <- finding\n    - pause: {}\n"),
    },
    {
      title: "blue-green becomes a rolling update",
      before: rollout(BLUE_GREEN),
      after: rollout("canary: # <- finding\n  maxUnavailable: 0\n"),
    },
    {
      title: "nobody promotes the new version by hand any more",
      before: rollout(BLUE_GREEN),
      after: rollout(BLUE_GREEN.replace("Enabled: false", "Enabled: true # <- finding")),
    },
    {
      title: "old pods stop before all nodes know the new ones",
      before: rollout(BLUE_GREEN),
      after: rollout(BLUE_GREEN + "  scaleDownDelaySeconds: 5 # <- finding\n"),
    },
    {
      title: "a version that makes no progress is no longer aborted",
      before: rollout(STEPS, "  progressDeadlineAbort: true\n"),
      after: rollout(STEPS, "  progressDeadlineAbort: false # <- finding\n"),
    },
    {
      title: "the Rollout becomes a Deployment",
      before: rollout(STEPS),
      after: deployment("kind: Deployment # <- finding"),
    },
    {
      title: "Flagger's first step is all traffic",
      before: deployment() + flagger(),
      after: deployment() + flagger("", "100 # <- finding"),
    },
    {
      title: "the Canary of Flagger goes, whose deletion leaves the Deployment without pods",
      before: deployment("kind: Deployment", "minReadySeconds: 5") + flagger(),
      after: deployment("kind: Deployment # <- finding", "minReadySeconds: 5"),
    },
    {
      title: "the Canary of Flagger goes, and the Deployment says how many pods it needs",
      before: deployment() + flagger(),
      after: deployment("kind: Deployment # <- finding"),
    },
  ],
  safe: [
    {
      title: "the image is a new one",
      before: rollout(STEPS),
      after: rollout(STEPS).replace("checkout:4", "checkout:5"),
    },
    {
      title: "steps become smaller",
      before: rollout(STEPS),
      after: rollout(STEPS.replace("setWeight: 50", "setWeight: 30")),
    },
    { title: "a canary becomes blue-green", before: rollout(STEPS), after: rollout(BLUE_GREEN) },
    { title: "blue-green becomes a canary with steps", before: rollout(BLUE_GREEN), after: rollout(STEPS) },
    {
      title: "an analysis decides instead of a person",
      before: rollout(BLUE_GREEN),
      after: rollout(
        BLUE_GREEN.replace(
          "autoPromotionEnabled: false",
          "prePromotionAnalysis: { templates: [{ templateName: smoke }] }",
        ),
      ),
    },
    {
      title: "a pause becomes an analysis",
      before: rollout(STEPS),
      after: rollout(
        STEPS.replace("pause: { duration: 10m }", "analysis: { templates: [{ templateName: errors }] }"),
      ),
    },
    {
      title: "it never had steps",
      before: rollout("canary: {}\n"),
      after: rollout("canary: { maxSurge: 2 }\n"),
    },
    { title: "it is new", after: rollout("canary: {}\n") },
    {
      title: "Flagger takes over from the Rollout",
      before: rollout(STEPS),
      after: deployment() + flagger(),
    },
    {
      title: "a Rollout takes over from Flagger",
      before: deployment() + flagger(),
      after: rollout(STEPS),
    },
  ],

  *run(transition) {
    for (const { kind, before, after } of transition.changes) {
      if (kind === "kept" && (isRollout(after) || isFlagger(after)))
        yield* lessGradual({ was: before, is: after });
      else if (kind === "removed" && isRollout(before)) yield* toDeployment(before, transition);
      else if (kind === "removed" && isFlagger(before)) yield* withoutFlagger(before, transition);
    }
  },
});

/** Whether a Rollout or a Canary anywhere in the repository has a workload in its care. */
function isManaged(workload: Manifest, world: World): boolean {
  return [...world.everywhere("Canary"), ...world.everywhere("Rollout")].some((manager) => {
    const target = isFlagger(manager) || isRollout(manager) ? targetOf(manager) : undefined;
    return (
      target?.name === workload.name && target.kind === workload.kind && sameNamespace(manager, workload)
    );
  });
}

/** The Deployment that has a Rollout's name, or that the Rollout had in its care. */
function* toDeployment(rollout: Manifest, { after }: Transition): Iterable<Problem> {
  if (!isGradual(rollout) || after.anywhere("Rollout", rollout.name)) return;
  const names = new Set([rollout.name, targetOf(rollout)?.name ?? rollout.name]);
  const heir = [...names].flatMap((name) => after.find("Deployment", name, rollout) ?? [])[0];
  const workload = heir && after.workload(heir);
  if (!heir || !workload || isManaged(heir, after)) return;
  const kind = strategyKind(rollout) ?? "canary";
  const how =
    strategyOf(workload, 1).type === "Recreate"
      ? "stops all old pods first, then starts the new version for everybody"
      : "replaces all pods in one go";
  yield {
    subject: heir,
    key: "strategy",
    at: heir.locate("kind"),
    was: rollout.locate(),
    atMost: "warning",
    message: `${rollout.ref} brought new versions to users as a ${kind} release; ${heir.ref} takes its place and ${how}. A bad version now reaches every user before anybody can stop it.`,
    fix: `Keep ${rollout.ref}, or bring the next versions of ${heir.name} to users with a Canary of Flagger.`,
  };
}

/** The Deployment that a removed Canary had in its care and that nobody has from now on. */
function* withoutFlagger(canary: Manifest, { before, after }: Transition): Iterable<Problem> {
  const target = targetOf(canary);
  const heir = target && after.find(target.kind, target.name, canary);
  const workload = heir && after.workload(heir);
  if (!workload || isManaged(workload.manifest, after) || after.incomplete) return;
  if (after.count("Canary", canary.name) < before.count("Canary", canary.name))
    yield unflagged(canary, workload, before);
}

/**
 * Flagger keeps the target at zero pods and runs a copy of it, `<name>-primary`, that belongs to the Canary and goes
 * with it. Unless `revertOnDeletion` is set it leaves the target at zero.
 */
function unflagged(canary: Manifest, { manifest, kind, declaredReplicas }: Workload, before: World): Problem {
  const { ref, name } = manifest;
  const reverts = canary.get("spec", "revertOnDeletion") === true;
  const isLost = !reverts && kind === "Deployment" && declaredReplicas === undefined;
  const effect = isLost
    ? `Flagger runs its pods as ${name}-primary, which is deleted with the Canary, and keeps ${ref} itself at zero: no file says how many pods it needs, so none come and all its users get errors.`
    : `A new version of ${ref} now reaches all users in one go, and nothing measures it and goes back.`;
  // Whether the Canary is deleted at all, the way of deploying decides.
  const isProven = isLost && removalOf(canary, before) === "deleted";
  return {
    subject: manifest,
    key: "strategy",
    at: manifest.locate("kind"),
    was: canary.locate(),
    ...(!isProven && { atMost: "warning" }),
    message: `This change removes ${canary.ref}. ${effect}`,
    fix: isLost
      ? `First deploy ${canary.ref} with revertOnDeletion: true and ${ref} with its replicas written out; remove the Canary in the next change.`
      : `Keep ${canary.ref}. If it has to go, deploy it with revertOnDeletion: true first, so that ${name} gets its pods and its Service back.`,
  };
}
