import { hasPods, podsOf } from "../../engine/generations.ts";
import { list } from "../../engine/json.ts";
import {
  fateOf,
  leftBehind,
  nameNow,
  releaseMove,
  type Fate,
  type ReleaseMove,
} from "../../engine/release-move.ts";
import { removalOf } from "../../engine/pruning.ts";
import type { Manifest, Problem } from "../../engine/types.ts";
import { listText } from "../../engine/words.ts";
import type { Workload } from "../../engine/workload.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities, type Transition } from "../define.ts";
import { application, chartOf, helmfile, helmRelease, WEB, STORE, FIXED } from "./_releases.ts";

const MARK = " # <- finding";

export default defineCheck({
  kind: "transition",
  id: "release-moved",
  title: "A Helm release gets another name or namespace, and all of it is made anew",
  pillar: "transition",
  severity: severities("error", "error", "warning"),
  confidence: "likely",
  why: "For Helm, a release with another name or in another namespace is another release. Flux uninstalls the old one before it installs the new one; Argo CD with pruning deletes what carries the old name in the sync that creates the new: users get errors until new pods are ready. New stateful pods start with empty volumes.",
  fix: "Keep the release's name and namespace. If they must change, deploy the new release beside the old one, move its data and its callers over, and remove the old one in a later change.",
  references: [
    "https://fluxcd.io/flux/components/helm/helmreleases/#release-name",
    "https://argo-cd.readthedocs.io/en/stable/user-guide/helm/#helm-release-name",
    "https://argo-cd.readthedocs.io/en/stable/user-guide/auto_sync/#automatic-pruning",
  ],
  unsafe: [
    {
      title: "Flux installs the release under another name",
      before: chartOf(WEB, helmRelease("releaseName: shop")),
      after: chartOf(WEB, helmRelease(`releaseName: store${MARK}`)),
    },
    {
      title: "Flux installs it in another namespace",
      before: chartOf(WEB, helmRelease("targetNamespace: shop")),
      after: chartOf(WEB, helmRelease(`targetNamespace: store${MARK}`)),
    },
    {
      title: "Argo CD prunes what carries the old name",
      before: chartOf(WEB, application({ release: "shop", prune: true })),
      after: chartOf(WEB, application({ release: "store", prune: true, mark: MARK })),
    },
    {
      title: "a store starts with empty volumes, though the old one stays",
      before: chartOf(STORE, application({ release: "shop", prune: false })),
      after: chartOf(STORE, application({ release: "store", prune: false, mark: MARK })),
    },
    {
      title: "helmfile installs what another release owns",
      before: { ...chartOf(FIXED, ""), "helmfile.yaml": helmfile("shop") },
      after: { ...chartOf(FIXED, ""), "helmfile.yaml": helmfile("store", MARK) },
    },
  ],
  safe: [
    {
      title: "the new release comes beside the old one",
      before: chartOf(WEB, helmRelease("releaseName: shop")),
      after: {
        ...chartOf(WEB, helmRelease("releaseName: shop")),
        "apps/store.yaml": helmRelease("releaseName: store").replace("name: shop,", "name: store,"),
      },
    },
    {
      title: "the name is written out",
      before: chartOf(WEB, helmRelease("interval: 10m")),
      after: chartOf(WEB, helmRelease("releaseName: shop")),
    },
    {
      title: "nothing is called after the release",
      before: chartOf(FIXED, application({ release: "shop", prune: true })),
      after: chartOf(FIXED, application({ release: "store", prune: true })),
    },
    {
      title: "nobody asks the pods for anything",
      before: chartOf(WEB.split("---")[0] ?? "", helmRelease("releaseName: shop")),
      after: chartOf(WEB.split("---")[0] ?? "", helmRelease("releaseName: store")),
    },
  ],

  *run(transition) {
    const move = releaseMove(transition.before, transition.after);
    if (move) yield* refused(move, transition) ?? judge(move, transition);
  },
});

/** helmfile knows nothing of the old release, and Helm gives what one release made to no other. */
function refused(move: ReleaseMove, { changes }: Transition): Problem[] | undefined {
  const { was, is, renamed, moved } = move;
  const kept = changes.flatMap((change) => (change.kind === "kept" ? [change.after] : []));
  const [first] = kept;
  if (was.tool !== "helmfile" || !renamed || moved || !first) return undefined;
  return [
    {
      subject: is.subject,
      key: "release",
      at: is.locate("name"),
      atMost: "warning",
      message: `${is.subject.ref} installs its chart under the name ${is.name} instead of ${was.name}. helmfile leaves release ${was.name} in the cluster, and Helm refuses to install ${first.ref}, which belongs to it: the deploy fails, and what runs goes on without this change.`,
      fix: fixOf(move, false),
    },
  ];
}

function* judge(move: ReleaseMove, { before, after, changes }: Transition): Iterable<Problem> {
  const gone = leftBehind(move, changes);
  const left = gone.filter((one) => removalOf(one, before) !== "kept");
  const workloads = left.flatMap((one) => before.workload(one) ?? []);
  const running = workloads.filter((one) => !one.runsToCompletion && hasPods(one, before));
  const served = running.filter((workload) => before.servicesOf(workload).length > 0);
  const stores = gone.filter((one) => holdsData(one, move) && stays(one, move, after));
  const fate = fateOf(move, before);
  if (stores.length === 0 && (served.length === 0 || fate === "stays")) return;
  const { is, moved } = move;
  const effects = [
    ...(served.length > 0 ? [stopped(fate, served, { move, before, after })] : []),
    ...(stores.length > 0 ? [emptied(stores, move)] : []),
  ];
  yield {
    subject: is.subject,
    key: "release",
    at: is.locate(moved ? "namespace" : "name"),
    ...(fate === "deleted" || stores.length > 0 ? {} : { atMost: "warning" }),
    message: `${opening(move, fate)} ${effects.join(" ")}`,
    fix: fixOf(move, stores.length > 0),
  };
}

/** Pods with volumes of their own get new ones under another name; claims do where the namespace changes. */
function holdsData(one: Manifest, { moved }: ReleaseMove): boolean {
  return (
    list(one.get("spec", "volumeClaimTemplates")).length > 0 ||
    // A claim that goes with its old name is said of the claim.
    (moved && one.kind === "PersistentVolumeClaim")
  );
}

/** Whether the new release has it too: else it was removed, and not moved. */
function stays({ kind, name }: Manifest, move: ReleaseMove, after: World): boolean {
  return after.ofKind(kind).some((one) => one.name === name || one.name === nameNow(name, move));
}

function opening({ was, is, renamed, moved }: ReleaseMove, fate: Fate): string {
  const names = renamed ? [`under the name ${is.name} instead of ${was.name}`] : [];
  const places = moved ? [`in namespace ${is.namespace} instead of ${was.namespace}`] : [];
  const how: Record<Fate, string> = {
    deleted:
      was.tool === "flux"
        ? "Flux uninstalls the old release before it installs the new one."
        : "Argo CD deletes what the old one made while it makes the new.",
    maybe: "If the old HelmRelease leaves the cluster, Flux uninstalls what it made.",
    stays: `${was.tool === "argo" ? "Argo CD" : "helmfile"} leaves what the old one made in the cluster, and makes all of it a second time.`,
  };
  return `${is.subject.ref} installs its chart ${[...names, ...places].join(" and ")}. ${how[fate]}`;
}

interface Around {
  readonly move: ReleaseMove;
  readonly before: World;
  readonly after: World;
}

function stopped(fate: Fate, served: readonly Workload[], { move, before, after }: Around): string {
  const names = listText(served.map(({ manifest }) => manifest.ref));
  if (fate === "stays") return `The old pods of ${names} run on, and nothing updates them any more.`;
  const services = [...new Set(served.flatMap((workload) => before.servicesOf(workload)))];
  const count = podsOf(served, before);
  const pods = count === 1 ? "the only pod" : Number.isNaN(count) ? "the pods" : `the ${count} pods`;
  const users = listText(services.map(({ ref }) => ref));
  return `Then ${pods} of ${names} ${count === 1 ? "stops" : "stop"} at once, and users of ${users} get errors until the first new pod is ready.${forGood(services, move, after)}`;
}

/** Names that no longer resolve: a Service is found by its own name and its namespace. */
function forGood(services: readonly Manifest[], move: ReleaseMove, after: World): string {
  const isKept = ({ namespace, name }: Manifest) =>
    (!move.moved || namespace !== "") && after.ofKind("Service").some((one) => one.name === name);
  const gone = services.filter((service) => !isKept(service));
  if (gone.length === 0) return "";
  const place = move.moved ? ` in ${move.was.namespace}` : "";
  return ` Whoever calls ${listText(gone.map(({ name }) => name))}${place} fails for good.`;
}

function emptied(stores: readonly Manifest[], { is, moved }: ReleaseMove): string {
  const one = stores.length === 1;
  const place = moved ? `namespace ${is.namespace}` : `release ${is.name}`;
  return `${listText(stores.map(({ ref }) => ref))} ${one ? "starts" : "start"} in ${place} with new, empty volumes: what was stored until now is not in ${one ? "it" : "them"}.`;
}

function fixOf({ was, is, moved }: ReleaseMove, hasData: boolean): string {
  const kept = moved ? `the namespace ${was.namespace}` : `the release name ${was.name}`;
  const data = hasData ? "copy its data over, " : "";
  return `Keep ${kept} in ${is.subject.ref}. If it must change, deploy the new release beside the old one, ${data}let its callers use the new one, and remove the old one in a later change.`;
}
