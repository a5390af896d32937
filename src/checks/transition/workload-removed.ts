import { answering, hasPods, livesOn, podsBehind, podsOf, runningBehind } from "../../engine/generations.ts";
import { removalOf } from "../../engine/pruning.ts";
import { releaseMove } from "../../engine/release-move.ts";
import type { Manifest, Problem, Severity } from "../../engine/types.ts";
import { capital, listText } from "../../engine/words.ts";
import type { Workload } from "../../engine/workload.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities, type Transition } from "../define.ts";

const news = (
  name: string,
  { labels = "app: news", kind = "Deployment", mark = "", replicas = 3 } = {},
) => `apiVersion: apps/v1
kind: ${kind}
metadata: { name: ${name}, namespace: media }${mark}
spec:
  replicas: ${replicas}
  selector: { matchLabels: { ${labels} } }
  template:
    metadata: { labels: { ${labels} } }
    spec:
      containers: [{ name: web, image: "news:8" }]
---
`;

const service = (selector = "app: news", mark = "") => `apiVersion: v1
kind: Service
metadata: { name: news, namespace: media }${mark}
spec: { selector: { ${selector} }, ports: [{ port: 80 }] }
---
`;

const ARGO = `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: { name: news }
spec:
  source: { repoURL: "https://git.example.com/media", path: apps/news }
  syncPolicy: { automated: { prune: true } }
`;

const EAST = news("news-east", { labels: "app: news, site: east" });
const WEST = news("news-west", { labels: "app: news, site: west" });
const MARK = " # <- finding";

export default defineCheck({
  kind: "transition",
  id: "workload-removed",
  title: "The pods of a Service go with the workload that ran them",
  pillar: "transition",
  severity: severities("error", "error", "warning"),
  confidence: "likely",
  why: "For Kubernetes, a workload with another name or kind is a new one. Deploy tools that prune delete the old one in the same deploy, with all of its pods at once and regardless of disruption budgets, and none of them waits until the pods of the new one are ready: users get errors until they are.",
  fix: "Add the new workload beside the old one, with labels that the Service selects. When its pods are ready, remove the old one in a second change.",
  references: [
    "https://kubernetes.io/docs/concepts/overview/working-with-objects/names/",
    "https://argo-cd.readthedocs.io/en/stable/user-guide/sync-waves/",
  ],
  unsafe: [
    {
      title: "a Deployment gets another name",
      before: news("news") + service(),
      after: news("newsroom", { mark: MARK }) + service(),
    },
    {
      title: "Argo CD prunes the old one",
      before: { "apps/news/all.yaml": news("news") + service(), "argo/news.yaml": ARGO },
      after: { "apps/news/all.yaml": news("newsroom", { mark: MARK }) + service(), "argo/news.yaml": ARGO },
    },
    {
      title: "a Deployment becomes a StatefulSet",
      before: news("news") + service(),
      after: news("news", { kind: "StatefulSet", mark: MARK }) + service(),
    },
    {
      title: "the application moves to another namespace",
      before: news("news") + service(),
      after: (news("news", { mark: MARK }) + service()).replaceAll(
        "namespace: media",
        "namespace: publishing",
      ),
    },
    {
      title: "the application and its Service get another name",
      before: news("news") + service(),
      after: news("newsroom", { mark: MARK }) + service().replace(/name: news\b/, "name: newsroom"),
    },
    {
      title: "one of two sites goes, and the other gets all of its load",
      before: EAST + WEST + service(),
      after: EAST + service(undefined, MARK),
    },
  ],
  safe: [
    {
      title: "the new one comes beside the old one",
      before: news("news") + service(),
      after: news("news") + news("newsroom") + service(),
    },
    {
      title: "the old one goes when another has taken over",
      before: news("news") + news("newsroom", { replicas: 9 }) + service(),
      after: news("newsroom", { replicas: 9 }) + service(),
    },
    {
      title: "blue goes after the Service was switched to green",
      before: EAST + WEST + service("site: west"),
      after: WEST + service("site: west"),
    },
    {
      title: "a canary goes",
      before: news("news") + news("news-canary", { replicas: 1 }) + service(),
      after: news("news") + service(),
    },
    {
      title: "it was at zero",
      before: news("news", { replicas: 0 }) + service(),
      after: news("newsroom") + service(),
    },
    {
      title: "the namespace is written out",
      before: (news("news") + service()).replaceAll(", namespace: media", ""),
      after: news("news") + service(),
    },
    {
      title: "it only moves to another file",
      before: { "a.yaml": news("news") + service() },
      after: { "b/news.yaml": news("news"), "b/service.yaml": service() },
    },
  ],

  *run(transition) {
    // Of a whole release that moves, that is said at once.
    if (releaseMove(transition.before, transition.after)) return;
    const told = new Set<Workload>();
    yield* elsewhere(transition);
    for (const change of transition.changes) {
      if (change.kind !== "kept" || change.after.kind !== "Service") continue;
      const service = { was: change.before, is: change.after };
      for (const { problem, about } of lossOf(service, transition)) {
        if (about.every((workload) => told.has(workload))) continue;
        about.forEach((workload) => told.add(workload));
        yield problem;
      }
    }
  },
});

/** The same name in another namespace is another object, and so is its Service: nobody is behind either until it has started. */
function* elsewhere({ before, after, changes }: Transition): Iterable<Problem> {
  const added = changes.flatMap(({ kind, after: now }) =>
    kind === "added" ? (after.workload(now) ?? []) : [],
  );
  for (const { kind, before: gone } of changes) {
    const was = kind === "removed" ? before.workload(gone) : undefined;
    if (!was || !hasPods(was, before) || livesOn(was, after)) continue;
    const [service] = before.servicesOf(was);
    const heir = heirOf(was, added);
    // A Service that stays behind without pods has its own finding.
    if (!service || !heir || after.find("Service", service.name, service)) continue;
    const problem = replacedBy(heir, [was], { service: { was: service, is: service }, before });
    if (problem) yield { ...problem, message: `${problem.message} ${oldName(service, heir)}` };
  }
}

/** The same under its name in another namespace, or the only one with the same pods under another name. */
function heirOf({ kind, manifest, ...was }: Workload, added: readonly Workload[]): Workload | undefined {
  const pods = (one: Pick<Workload, "labels" | "containers">) =>
    JSON.stringify([Object.entries(one.labels).sort(), one.containers.map(({ name }) => name)]);
  const same = added.filter((one) => one.kind === kind);
  const moved = same.find((one) => one.manifest.name === manifest.name);
  if (moved) return moved.manifest.namespace === "" || manifest.namespace === "" ? undefined : moved;
  // The claims of a StatefulSet go by its name: that its data stays behind is said of its removal.
  if (kind === "StatefulSet") return undefined;
  const [renamed, ...others] = same.filter((one) => pods(one) === pods(was));
  return others.length === 0 ? renamed : undefined;
}

/** The name of a Service in its old namespace goes with it. */
function oldName({ name, namespace }: Manifest, heir: Workload): string {
  const isMove = heir.manifest.namespace !== namespace;
  return `Whoever calls ${name}${isMove ? ` in ${namespace === "" ? "the old namespace" : namespace}` : ""} fails for good.`;
}

interface Sides {
  readonly was: Manifest;
  readonly is: Manifest;
}

interface Told {
  readonly problem: Problem;
  readonly about: readonly Workload[];
}

function lossOf(service: Sides, { before, after }: Transition): Told[] {
  if (after.incomplete && !before.incomplete) return [];
  const about = answering(service.was, before).filter((workload) => !livesOn(workload, after));
  const now = after.selectedBy(service.is).filter((workload) => hasPods(workload, after));
  // Where nobody is left, or nobody who runs has the new labels, that is said of the Service.
  const running = runningBehind(service.is, before, after);
  const [heir] = now;
  if (about.length === 0 || !heir || running.length === 0) return [];
  const replaced = running.every((workload) => about.includes(workload));
  const problem = replaced
    ? replacedBy(heir, about, { service, before })
    : fewer(service, about, { before, after });
  return problem ? [{ problem, about }] : [];
}

interface Place {
  readonly service: Sides;
  readonly before: World;
}

function replacedBy(
  heir: Workload,
  gone: readonly Workload[],
  { service, before }: Place,
): Problem | undefined {
  const removals = gone.map(({ manifest }) => removalOf(manifest, before));
  if (removals.includes("kept")) return undefined;
  const proven: Severity = removals.includes("asked")
    ? "notice"
    : removals.includes("unknown")
      ? "warning"
      : "error";
  const names = listText(gone.map(({ manifest }) => manifest.ref));
  const { ref } = heir.manifest;
  const count = podsOf(gone, before);
  const pods = Number.isNaN(count)
    ? `the pods of ${names} stop`
    : count === 1
      ? `the only pod of ${names} stops`
      : `the ${count} pods of ${names} stop`;
  const victim = service.was === service.is ? `users of ${service.was.name} have` : `${service.is.ref} has`;
  const condition = removals.includes("unknown") ? "If the deploy tool prunes (Argo CD, Flux, Helm), " : "";
  return {
    subject: heir.manifest,
    at: heir.manifest.locate(),
    atMost: proven,
    message: `${ref} takes the place of ${names} in one deploy. ${capital(`${condition}${pods}`)} at once, and ${victim} nobody to answer until the first pod of ${ref} is ready.`,
    fix: `Add ${ref} beside ${names} first. When its pods are ready, remove ${names} in a second change.`,
  };
}

/**
 * What stays carries the load of what goes: worth knowing where that is a third or more and no canary that ends. It can
 * be the second step of a safe change of names, so it is no more than that.
 */
function fewer(
  { was, is }: Sides,
  gone: readonly Workload[],
  { before, after }: Pick<Transition, "before" | "after">,
): Problem | undefined {
  const [from, to] = [podsBehind(was, before), podsBehind(is, after)];
  if (!((from - to) * 3 >= from) || gone.every(({ manifest }) => TRIAL.test(manifest.name))) return undefined;
  const names = listText(gone.map(({ manifest }) => manifest.ref));
  return {
    subject: is,
    key: "fewer",
    at: is.locate(),
    atMost: "notice",
    message: `${names} ${gone.length === 1 ? "is" : "are"} removed, and ${is.ref} is left with ${to} of ${from} pods: those carry the whole load from the deploy on.`,
    fix: `Check that ${to} pods carry the load at its peak, or raise the replicas of the others behind ${is.name} first.`,
  };
}

/** Names of what runs only for a while. */
const TRIAL = /(^|[-.])(canary|preview|baseline|experiment|shadow|test|debug)($|[-.])/i;
