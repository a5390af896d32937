import { isSingleWriter, sharedClaims } from "../../engine/claims.ts";
import { insertInto, setScalar } from "../../engine/edit.ts";
import { list, object } from "../../engine/json.ts";
import type { FieldPath, Manifest, Problem, Suggestion } from "../../engine/types.ts";
import { strategyOf, type Workload } from "../../engine/workload.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities } from "../define.ts";

const deployment = (spec: string, mark = "") => `apiVersion: apps/v1
kind: Deployment
metadata: { name: photos }
spec:
  ${spec}
  selector: { matchLabels: { app: photos } }
  template:
    metadata: { labels: { app: photos } }
    spec:
      containers: [{ name: photos, image: photos:1 }]
      volumes:
        - name: library
          persistentVolumeClaim: { claimName: library }${mark}
---
`;

const claim = (mode: string) => `apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: library }
spec:
  accessModes: [${mode}]
  resources: { requests: { storage: 100Gi } }
`;

const MARK = " # <- finding";

export default defineCheck({
  kind: "state",
  id: "rwo-volume-with-surge",
  title: "A rollout starts a second pod for a volume that only one node can mount",
  pillar: "hot-swap",
  severity: severities("warning", "warning", "notice"),
  confidence: "likely",
  why: "A rolling update starts the new pod before it stops the old one. With a ReadWriteOnce volume the new pod waits for ever if it lands on another node, and the rollout hangs; on the same node both write to the same files.",
  fix: "Accept a short gap with strategy: { type: Recreate }, or use a volume with ReadWriteMany. A StatefulSet with volumeClaimTemplates avoids the hang as well, but starts with an empty volume: copy the data first.",
  references: [
    "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#access-modes",
    "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#max-surge",
  ],
  unsafe: [
    {
      title: "the default strategy starts one more pod",
      after: deployment("replicas: 1", MARK) + claim("ReadWriteOnce"),
    },
    {
      title: "the strategy says so",
      after: deployment(`strategy: { type: RollingUpdate }${MARK}`) + claim("ReadWriteOnce"),
    },
    {
      title: "several pods share one volume",
      after: deployment("replicas: 3", MARK) + claim("ReadWriteOncePod"),
    },
    {
      title: "Recreate is taken back",
      before: deployment("strategy: { type: Recreate }") + claim("ReadWriteOnce"),
      after: deployment(`strategy: { type: RollingUpdate }${MARK}`) + claim("ReadWriteOnce"),
    },
  ],
  safe: [
    {
      title: "the old pod is stopped first",
      after: deployment("strategy: { type: Recreate }") + claim("ReadWriteOnce"),
    },
    {
      title: "no pod is started beside the old one",
      after:
        deployment("strategy: { type: RollingUpdate, rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } }") +
        claim("ReadWriteOnce"),
    },
    {
      title: "many nodes can mount the volume",
      after: deployment("replicas: 3") + claim("ReadWriteMany"),
    },
    {
      title: "the claim is not in this repository, so nobody knows its modes",
      after: deployment("replicas: 1"),
    },
    {
      title: "it was like that with another claim",
      before: deployment("replicas: 1") + claim("ReadWriteOnce"),
      after:
        deployment("replicas: 1").replace("claimName: library", "claimName: library-2") +
        claim("ReadWriteOnce") +
        `---\n${claim("ReadWriteOnce").replace("name: library", "name: library-2")}`,
    },
    {
      title: "the rollout was like that before",
      before: deployment("replicas: 1") + claim("ReadWriteOnce"),
      after: deployment("replicas: 1").replace("photos:1", "photos:2") + claim("ReadWriteOnce"),
    },
  ],

  *run(world) {
    for (const workload of world.workloads) {
      if (workload.runsToCompletion || workload.kind === "StatefulSet") continue;
      const replicas = world.replicasOf(workload);
      if (!(replicas > 0) || !(strategyOf(workload, replicas).maxSurge >= 1)) continue;
      const claims = [...new Set(sharedClaims(workload))].flatMap((name) => {
        const found = world.find("PersistentVolumeClaim", name, workload.manifest);
        return found && blocks(found, world) ? [found] : [];
      });
      // Another claim in the place of one is the same finding.
      for (const [index, claim] of claims.entries())
        yield { ...problem(workload, claim, replicas), key: String(index) };
    }
  },
});

/** On a single node ReadWriteOnce lets two pods in; ReadWriteOncePod never does. */
function blocks(claim: Manifest, { cluster }: World): boolean {
  const modes = list(claim.get("spec", "accessModes"));
  return isSingleWriter(claim) && (cluster.nodes !== 1 || modes.every((mode) => mode === "ReadWriteOncePod"));
}

function problem(workload: Workload, claim: Manifest, replicas: number): Problem {
  const { manifest } = workload;
  const onePod = list(claim.get("spec", "accessModes")).every((mode) => mode === "ReadWriteOncePod");
  const suggestion = replicas === 1 ? recreate(workload) : undefined;
  const waits = onePod ? "It cannot start" : "On another node it cannot start";
  const shared =
    replicas === 1 ? "" : ` Of its ${replicas} pods only ${onePod ? "one" : "those on one node"} can run.`;
  return {
    subject: manifest,
    at: manifest.locate(...placeOf(workload, claim)),
    measure: Math.min(replicas, 2),
    message: `A rollout of ${manifest.ref} starts a new pod while the old one holds ${claim.name}, a ${onePod ? "ReadWriteOncePod" : "ReadWriteOnce"} volume. ${waits}, and the rollout hangs until somebody deletes the old one by hand.${shared}`,
    ...(suggestion && { suggestion }),
  };
}

/** The strategy where it is written, else the volume. */
function placeOf(workload: Workload, claim: Manifest): FieldPath {
  if (workload.manifest.get("spec", "strategy") !== undefined) return ["spec", "strategy"];
  const index = list(workload.podSpec["volumes"]).findIndex(
    (volume) => object(object(volume)["persistentVolumeClaim"])["claimName"] === claim.name,
  );
  return [...workload.template, "spec", "volumes", index, "persistentVolumeClaim"];
}

function recreate({ manifest, kind }: Workload): Suggestion | undefined {
  if (kind !== "Deployment" || manifest.get("spec", "strategy", "rollingUpdate") !== undefined)
    return undefined;
  if (manifest.get("spec", "strategy", "type") !== undefined)
    return setScalar(manifest, ["spec", "strategy", "type"], "Recreate");
  if (manifest.get("spec", "strategy") !== undefined) return undefined;
  return insertInto(manifest, ["spec"], ["strategy:", "  type: Recreate"]);
}
