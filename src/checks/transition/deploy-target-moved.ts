import { isObject, object, string } from "../../engine/json.ts";
import { dataUnder, deploys, isPruning, removalOf } from "../../engine/pruning.ts";
import { isUnknown } from "../../engine/template.ts";
import type { FieldPath, Json, Manifest, Problem } from "../../engine/types.ts";
import { listText } from "../../engine/words.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities } from "../define.ts";

const application = (destination: string, prune = true) => `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: { name: ledger, namespace: argocd }
spec:
  source: { repoURL: https://git.example.com/platform, path: apps/ledger }
  destination:
    ${destination}
  syncPolicy: { automated: { prune: ${String(prune)} } }
`;

const kustomization = (spec: string) => `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: ledger, namespace: flux-system }
spec:
  path: ./apps/ledger
  prune: true
  ${spec}
`;

const CLAIM = `apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: ledger }
spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 50Gi } } }
`;

const PODS = `apiVersion: apps/v1
kind: Deployment
metadata: { name: ledger }
spec:
  replicas: 3
  selector: { matchLabels: { app: ledger } }
  template:
    metadata: { labels: { app: ledger } }
    spec: { containers: [{ name: web, image: "ledger:3" }] }
---
apiVersion: v1
kind: Service
metadata: { name: ledger }
spec: { selector: { app: ledger }, ports: [{ port: 80 }] }
`;

const over = (deployer: string, objects: string) => ({
  "deployer.yaml": deployer,
  "apps/ledger/all.yaml": objects,
});
const MARK = " # <- finding";
const EAST = "server: https://east.example.com";
const WEST = "server: https://west.example.com";

export default defineCheck({
  kind: "transition",
  id: "deploy-target-moved",
  title: "What deploys an application sends it to another cluster or namespace",
  pillar: "transition",
  severity: severities("error", "error", "warning"),
  confidence: "likely",
  why: "In another cluster or namespace everything is made anew. With pruning, what runs in the old namespace is deleted in the same sync, and users get errors until the new pods are ready; in an old cluster it stays and nobody updates it. Claims are new and empty wherever they are made.",
  fix: "Deploy to the new place with a second Application or Kustomization, copy the data and move the users over, and remove the old one in a later change.",
  references: [
    "https://argo-cd.readthedocs.io/en/stable/operator-manual/declarative-setup/#applications",
    "https://fluxcd.io/flux/components/kustomize/kustomizations/#target-namespace",
  ],
  unsafe: [
    {
      title: "an Application goes to another namespace and prunes the old one",
      before: over(application("namespace: bank"), PODS),
      after: over(application(`namespace: ledger${MARK}`), PODS),
    },
    {
      title: "its claim is new and empty in another cluster",
      before: over(application(EAST), CLAIM),
      after: over(application(WEST + MARK), CLAIM),
    },
    {
      title: "a Flux Kustomization gets another target namespace",
      before: over(kustomization("targetNamespace: bank"), PODS),
      after: over(kustomization(`targetNamespace: ledger${MARK}`), PODS),
    },
  ],
  safe: [
    {
      title: "the objects say themselves where they go",
      before: over(
        application("namespace: bank"),
        CLAIM.replace("name: ledger", "name: ledger, namespace: bank"),
      ),
      after: over(
        application("namespace: ledger"),
        CLAIM.replace("name: ledger", "name: ledger, namespace: bank"),
      ),
    },
    {
      title: "the old pods stay, and they hold no data",
      before: over(application("namespace: bank", false), PODS),
      after: over(application("namespace: ledger", false), PODS),
    },
    {
      title: "only the project is another one",
      before: over(application("namespace: bank").replace("spec:", "spec:\n  project: default"), CLAIM),
      after: over(application("namespace: bank").replace("spec:", "spec:\n  project: bank"), CLAIM),
    },
    {
      title: "the namespace is written out",
      before: over(kustomization("interval: 10m"), CLAIM),
      after: over(kustomization("targetNamespace: bank"), CLAIM),
    },
  ],

  *run({ changes, before }) {
    for (const change of changes) {
      if (change.kind !== "kept" || change.before.object === change.after.object) continue;
      const place = PLACES[`${change.after.group}/${change.after.kind}`];
      const move = place && moveOf(place, change.before, change.after);
      if (move) yield* judge(move, { was: change.before, is: change.after }, before);
    }
  },
});

/** Where each kind of deployer says to which cluster and namespace it deploys. */
interface Place {
  readonly spec: FieldPath;
  readonly clusters: readonly FieldPath[];
  readonly namespace: FieldPath;
  /** The namespace is only for objects that write none. */
  readonly fallback: boolean;
}

const argo = (...spec: string[]): Place => ({
  spec,
  clusters: [
    [...spec, "destination", "server"],
    [...spec, "destination", "name"],
  ],
  namespace: [...spec, "destination", "namespace"],
  fallback: true,
});

const PLACES: Readonly<Record<string, Place>> = {
  "argoproj.io/Application": argo("spec"),
  "argoproj.io/ApplicationSet": argo("spec", "template", "spec"),
  "kustomize.toolkit.fluxcd.io/Kustomization": {
    spec: ["spec"],
    clusters: [["spec", "kubeConfig", "secretRef", "name"]],
    namespace: ["spec", "targetNamespace"],
    fallback: false,
  },
};

interface Move {
  readonly at: FieldPath;
  readonly to: "cluster" | "namespace";
  readonly from: string;
  readonly into: string;
  readonly place: Place;
}

/** Both places are known: one that is written for the first time may be what it was. */
function moveOf(place: Place, was: Manifest, is: Manifest): Move | undefined {
  const differ = (at: FieldPath) => {
    const [from, into] = [known(was.get(...at)), known(is.get(...at))];
    return from !== undefined && into !== undefined && from !== into ? { at, from, into, place } : undefined;
  };
  const cluster = place.clusters.map(differ).find((one) => one !== undefined);
  if (cluster) return { ...cluster, to: "cluster" };
  const namespace = differ(place.namespace);
  return namespace && { ...namespace, to: "namespace" };
}

const known = (value: Json | undefined) => (isUnknown(value) ? undefined : string(value));

interface Deployer {
  readonly was: Manifest;
  readonly is: Manifest;
}

function* judge(move: Move, { was, is }: Deployer, world: World): Iterable<Problem> {
  const { to, place, at } = move;
  // Where a chart of the repository goes is said of its release.
  const isMoved = (one: Manifest) =>
    to === "cluster" ||
    ((one.namespace === "" || !place.fallback) && !world.unitOf(one).includes(`(${was.ref})`));
  const stores = dataUnder(was, world).filter(isMoved);
  const prunes = place.fallback ? isPruning(was, place.spec) : was.get("spec", "prune") === true;
  const stop = to === "namespace" && prunes ? servedUnder(was, world).filter(isMoved) : [];
  if (stores.length === 0 && stop.length === 0) return;
  const names = stores.map(({ ref }) => ref);
  const effects = [
    ...(stop.length > 0
      ? [
          `It prunes: the pods of ${listText(stop.map(({ ref }) => ref))} in ${move.from} are deleted in the same sync, and their users get errors until new ones are ready in ${move.into}.`,
        ]
      : to === "cluster"
        ? [`What runs in ${move.from} stays there, and nothing updates it any more.`]
        : []),
    ...(names.length > 0
      ? [
          `${listText(names)} ${names.length === 1 ? "starts" : "start"} in ${move.into} with new, empty volumes: what was stored until now is not there.`,
        ]
      : []),
  ];
  yield {
    subject: is,
    key: to,
    at: is.locate(...at),
    ...(stop.length > 0 ? {} : { atMost: "warning" as const }),
    message: `${is.ref} deploys to ${to} ${move.into} instead of ${move.from}. ${effects.join(" ")}`,
    fix: `Deploy to ${move.into} with a second ${is.kind}, ${names.length > 0 ? "copy the data over, " : ""}let the users go there, and remove ${was.ref} in a later change.`,
  };
}

/** Workloads that the deployer deploys together with a Service for their pods. */
function servedUnder(deployer: Manifest, world: World): Manifest[] {
  const services = world
    .everywhere("Service")
    .filter((one) => deploys(deployer, one, world.unitOf(one)))
    .map((one) => Object.entries(object(one.get("spec", "selector"))));
  return ["Deployment", "StatefulSet", "DaemonSet", "Rollout"]
    .flatMap((kind) => world.everywhere(kind))
    .filter((one) => deploys(deployer, one, world.unitOf(one)) && removalOf(one, world) !== "kept")
    .filter((one) => {
      const labels = one.get("spec", "template", "metadata", "labels");
      const isSelected = (pairs: [string, Json | undefined][]) =>
        isObject(labels) && pairs.length > 0 && pairs.every(([key, value]) => labels[key] === value);
      return one.get("spec", "replicas") !== 0 && services.some(isSelected);
    });
}
