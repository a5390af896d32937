import { setLabels } from "../../engine/edit.ts";
import { answering, podsOf, runningBehind } from "../../engine/generations.ts";
import { strings } from "../../engine/json.ts";
import { isUnknown } from "../../engine/template.ts";
import type { Manifest, Problem } from "../../engine/types.ts";
import { labelText, listText } from "../../engine/words.ts";
import { matchesMap } from "../../engine/selectors.ts";
import type { Workload } from "../../engine/workload.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities } from "../define.ts";

const deployment = (name: string, labels: string, replicas = 3) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name} }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: checkout } }
  template:
    metadata: { labels: { ${labels} } }
    spec: { containers: [{ name: web, image: checkout:1 }] }
---
`;

const service = (selector: string) => `apiVersion: v1
kind: Service
metadata: { name: checkout }
spec:
  ports: [{ port: 80 }]
  selector:
${selector}
`;

const APP = "    app: checkout";

export default defineCheck({
  kind: "transition",
  id: "service-selector-flip",
  title: "A Service selects pods that do not run yet",
  pillar: "transition",
  severity: severities("error", "error", "warning"),
  confidence: "certain",
  why: "A Service changes at once, its pods only one by one. When the selector and the pods change together, the Service has no endpoints from the moment of the deploy until the first new pod is ready: every request fails in between.",
  fix: "Take three steps: add the new label to the pods and let that roll out; change the selector; drop the old label.",
  references: [
    "https://kubernetes.io/docs/concepts/services-networking/service/#defining-a-service",
    "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#label-selector-updates",
  ],
  unsafe: [
    {
      title: "the selector and the labels of the pods change together",
      before: deployment("checkout", "app: checkout, version: v1") + service(`${APP}\n    version: v1`),
      after:
        deployment("checkout", "app: checkout, version: v2") +
        service(`${APP}\n    version: v2 # <- finding`),
    },
    {
      title: "a label is added to both",
      before: deployment("checkout", "app: checkout") + service(APP),
      after:
        deployment("checkout", "app: checkout, tier: web") + service(`${APP}\n    tier: web # <- finding`),
    },
    {
      title: "traffic is switched to a Deployment that this change creates",
      before:
        deployment("checkout-blue", "app: checkout, colour: blue") + service(`${APP}\n    colour: blue`),
      after:
        deployment("checkout-blue", "app: checkout, colour: blue") +
        deployment("checkout-green", "app: checkout, colour: green") +
        service(`${APP}\n    colour: green # <- finding`),
    },
    {
      title: "traffic is switched to a Deployment with fewer pods",
      before:
        deployment("checkout-blue", "app: checkout, colour: blue", 6) +
        deployment("checkout-green", "app: checkout, colour: green", 2) +
        service(`${APP}\n    colour: blue`),
      after:
        deployment("checkout-blue", "app: checkout, colour: blue", 6) +
        deployment("checkout-green", "app: checkout, colour: green", 6) +
        service(`${APP}\n    colour: green # <- finding`),
    },
  ],
  safe: [
    {
      title: "traffic is switched to a Deployment that runs already, as large",
      before:
        deployment("checkout-blue", "app: checkout, colour: blue") +
        deployment("checkout-green", "app: checkout, colour: green") +
        service(`${APP}\n    colour: blue`),
      after:
        deployment("checkout-blue", "app: checkout, colour: blue") +
        deployment("checkout-green", "app: checkout, colour: green") +
        service(`${APP}\n    colour: green`),
    },
    {
      title: "the second of three steps: the pods have the label already",
      before: deployment("checkout", "app: checkout, tier: web") + service(APP),
      after: deployment("checkout", "app: checkout, tier: web") + service(`${APP}\n    tier: web`),
    },
    {
      title: "the first of three steps: only the pods get the label",
      before: deployment("checkout", "app: checkout") + service(APP),
      after: deployment("checkout", "app: checkout, tier: web") + service(APP),
    },
    {
      title: "the Service and its Deployment are both new",
      after: deployment("checkout", "app: checkout, version: v1") + service(`${APP}\n    version: v1`),
    },
    {
      title: "nothing ran behind it before",
      before: deployment("checkout", "app: checkout", 0) + service(APP),
      after: deployment("checkout", "app: checkout, tier: web") + service(`${APP}\n    tier: web`),
    },
  ],

  *run({ changes, before, after }) {
    for (const change of changes) {
      if (change.kind !== "kept" || change.after.kind !== "Service") continue;
      if (!changesSelector(change.before, change.after)) continue;
      const was = answering(change.before, before);
      const is = after.selectedBy(change.after);
      if (is.length === 0 || was.length === 0) continue;
      const ready = runningBehind(change.after, before, after);
      if (ready.length === 0)
        yield flip(change.before, change.after, { was, is, isNew: is.every((one) => isAdded(one, before)) });
      else if (!ready.some((workload) => was.includes(workload)))
        yield* smaller(change.after, { was, ready }, before);
    }
  },
});

const isAdded = ({ kind, manifest }: Workload, before: World) =>
  before.find(kind, manifest.name, manifest) === undefined;

function selectorOf(service: Manifest): Record<string, string> {
  return strings(service.get("spec", "selector"));
}

/** Only selectors that are known in full can be compared. */
function changesSelector(before: Manifest, after: Manifest): boolean {
  const [old, now] = [selectorOf(before), selectorOf(after)];
  if ([old, now].some((selector) => Object.values(selector).some(isUnknown))) return false;
  return !matchesMap(old, now) || !matchesMap(now, old);
}

function flip(
  before: Manifest,
  after: Manifest,
  { was, is, isNew }: { was: readonly Workload[]; is: readonly Workload[]; isNew: boolean },
): Problem {
  const [old, now] = [selectorOf(before), selectorOf(after)];
  // The first pair that keeps today's pods out.
  const key = Object.keys(now).find((label) => was.every(({ labels }) => labels[label] !== now[label]));
  const keptPods = is.every(({ labels }) => matchesMap(old, labels));
  const suggestion = keptPods ? setLabels(after, ["spec", "selector"], old) : undefined;
  return {
    subject: after,
    at: after.locate("spec", "selector", ...(key === undefined ? [] : [key])),
    message: `The selector of ${after.ref} goes from ${labelText(old)} to ${labelText(now)} at once, and no pod that runs now has those labels. From the deploy until the first new pod of ${names(is)} is ready, every request to ${after.name} fails.`,
    fix: isNew
      ? `Add ${names(is)} first. When its pods are ready, change the selector of ${after.name} in a second change.`
      : `Give the pods of ${names(is)} the new labels first, and keep the old ones. When they have rolled out, change the selector of ${after.name} in a second change. Drop the old labels last.`,
    ...(suggestion && { suggestion }),
  };
}

/** Another set of pods takes over, and it is smaller than the one that carries the load now. */
function* smaller(
  service: Manifest,
  { was, ready }: { was: readonly Workload[]; ready: readonly Workload[] },
  before: World,
): Iterable<Problem> {
  const [old, now] = [podsOf(was, before), podsOf(ready, before)];
  if (!(now < old)) return;
  yield {
    subject: service,
    at: service.locate("spec", "selector", Object.keys(selectorOf(service)).at(-1) ?? ""),
    atMost: "warning",
    message: `${service.ref} moves from ${names(was)} with ${old} pods to ${names(ready)}, of which ${now} run at that moment: they get the load of ${old}.`,
    fix: `Scale ${names(ready)} to ${old} first; when its pods are ready, switch the selector in a second change.`,
  };
}

function names(workloads: readonly Workload[]): string {
  return listText(workloads.map(({ manifest }) => manifest.ref));
}
