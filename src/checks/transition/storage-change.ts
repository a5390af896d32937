import { plainScalar, setScalar } from "../../engine/edit.ts";
import { list, object, string } from "../../engine/json.ts";
import { isUnknown } from "../../engine/template.ts";
import type { FieldPath, Json, Location, Manifest, Problem } from "../../engine/types.ts";
import { podField, type Workload } from "../../engine/workload.ts";
import { defineCheck, severities, type Transition } from "../define.ts";
import { defaultClass, growth, shrunk } from "./_storage-size.ts";

const forum = (volume: string) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: forum, namespace: community }
spec:
  strategy: { type: Recreate }
  selector: { matchLabels: { app: forum } }
  template:
    metadata: { labels: { app: forum } }
    spec:
      containers: [{ name: forum, image: "forum:4", volumeMounts: [{ name: uploads, mountPath: /uploads }] }]
      volumes:
        - name: uploads
          ${volume}
`;

const claim = (size: string, name = "uploads") => `apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: ${name}, namespace: community }
spec:
  storageClassName: standard
  accessModes: [ReadWriteOnce]
  resources: { requests: { storage: ${size} } }
`;

const storageClass = (
  name: string,
  isDefault: boolean,
  more = "allowVolumeExpansion: true",
  mark = "",
) => `apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: ${name}
  annotations:
    storageclass.kubernetes.io/is-default-class: "${String(isDefault)}"${mark}
provisioner: csi.example.com
${more}
`;

const cluster = (size: string) => `apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: { name: forum-db, namespace: community }
spec:
  instances: 3
  storage:
    size: ${size}
`;

const MARK = " # <- finding";
const CLAIM = "persistentVolumeClaim: { claimName: uploads }";

export default defineCheck({
  kind: "transition",
  id: "storage-change",
  title: "A workload starts on other storage than its data is on",
  pillar: "transition",
  severity: severities("error", "error", "warning"),
  confidence: "likely",
  why: "A volume does not move with a line of YAML. From the deploy on, the workload reads and writes an empty or another volume: what users had stored seems to be lost, and what they store from then on may be lost with the pod.",
  fix: "Keep the volume. To change storage, create the new claim beside the old one, copy the data while writes are stopped, and switch over in one step.",
  references: [
    "https://kubernetes.io/docs/concepts/storage/volumes/#emptydir",
    "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#expanding-persistent-volumes-claims",
    "https://kubernetes.io/docs/tasks/administer-cluster/change-default-storage-class/",
  ],
  unsafe: [
    {
      title: "the claim gives way to a folder that goes with the pod",
      before: forum(CLAIM) + "---\n" + claim("50Gi"),
      after: forum(`emptyDir: {}${MARK}`) + "---\n" + claim("50Gi"),
    },
    {
      title: "another claim takes its place",
      before: { "forum.yaml": forum(CLAIM), "claim.yaml": claim("50Gi") },
      after: {
        "forum.yaml": forum(`persistentVolumeClaim: { claimName: forum-uploads }${MARK}`),
        "claim.yaml": claim("50Gi"),
        "new.yaml": claim("50Gi", "forum-uploads"),
      },
    },
    {
      title: "the disks of a database are to shrink",
      before: cluster("100Gi"),
      after: cluster(`40Gi${MARK}`),
    },
    {
      title: "a claim is to grow in a storage class that does not let it",
      before: {
        "claim.yaml": claim("50Gi"),
        "class.yaml": storageClass("standard", true, "reclaimPolicy: Retain"),
      },
      after: {
        "claim.yaml": claim("80Gi").replace("} }\n", `} }${MARK}\n`),
        "class.yaml": storageClass("standard", true, "reclaimPolicy: Retain"),
      },
    },
    {
      title: "another storage class becomes the default",
      before: { "a.yaml": storageClass("ssd", true), "b.yaml": storageClass("hdd", false) },
      after: { "a.yaml": storageClass("ssd", false), "b.yaml": storageClass("hdd", true, undefined, MARK) },
    },
  ],
  safe: [
    {
      title: "a claim grows",
      before: claim("50Gi") + "---\n" + storageClass("standard", true),
      after: claim("80Gi") + "---\n" + storageClass("standard", true),
    },
    {
      title: "a cache gets another size",
      before: forum("emptyDir: { sizeLimit: 1Gi }"),
      after: forum("emptyDir: { sizeLimit: 5Gi }"),
    },
    {
      title: "a folder of the pod becomes a claim",
      before: forum("emptyDir: {}"),
      after: forum(CLAIM) + "---\n" + claim("50Gi"),
    },
    { title: "the disks of a database grow", before: cluster("100Gi"), after: cluster("102400Mi") },
    {
      title: "the volume is not used any more",
      before: forum(CLAIM),
      after: forum("emptyDir: {}")
        .replace(/      volumes:\n.*\n.*\n/, "")
        .replace("volumeMounts: [{ name: uploads, mountPath: /uploads }] ", "env: [] "),
    },
  ],

  *run(transition) {
    const { changes, before, after } = transition;
    for (const change of changes) {
      if (change.kind !== "kept" || change.before.object === change.after.object) continue;
      const was = before.workload(change.before);
      const is = after.workload(change.after);
      if (was && is && !is.runsToCompletion) yield* volumes(was, is, transition);
      else if (change.after.kind === "PersistentVolumeClaim")
        yield* growth(change.before, change.after, after);
      else yield* shrunk(change.before, change.after);
    }
    yield* defaultClass(transition);
  },
});

/** A mounted volume that was a claim: of the same mount path, whatever the volume is called. */
interface Mount {
  readonly container: string;
  readonly mountPath: string;
  readonly volume: Readonly<Record<string, Json | undefined>>;
  /** Where the volume is in the manifest. */
  readonly path: FieldPath;
  readonly locate: () => Location;
}

function mountsOf(workload: Workload): Mount[] {
  const volumes = list(podField(workload, "volumes")).map(object);
  return workload.containers
    .filter(({ role }) => role !== "init")
    .flatMap(({ name, spec }) =>
      list(spec["volumeMounts"]).flatMap((item) => {
        const mount = object(item);
        const index = volumes.findIndex((volume) => volume["name"] === mount["name"]);
        const volume = volumes[index];
        const mountPath = string(mount["mountPath"])?.replace(/\/+$/, "");
        if (!volume || mountPath === undefined || mount["subPath"] !== undefined) return [];
        const path = [...workload.template, "spec", "volumes", index];
        return [
          {
            container: name,
            mountPath,
            volume,
            path,
            locate: () => locateSource(workload.manifest, path, volume),
          },
        ];
      }),
    );
}

/** The line that says what the volume is, rather than its name. */
function locateSource(manifest: Manifest, path: FieldPath, volume: Mount["volume"]): Location {
  const source = Object.keys(volume).find((key) => key !== "name");
  return source === undefined ? manifest.locate(...path, "name") : manifest.locate(...path, source);
}

const claimOf = ({ volume }: Mount) => string(object(volume["persistentVolumeClaim"])["claimName"]);

function* volumes(was: Workload, is: Workload, transition: Transition): Iterable<Problem> {
  const now = new Map(mountsOf(is).map((mount) => [placeOf(mount), mount]));
  const told = new Set<string>();
  for (const old of mountsOf(was)) {
    const claim = claimOf(old);
    const mount = now.get(placeOf(old));
    if (claim === undefined || !mount || isUnknown(claim) || told.has(claim)) continue;
    const other = claimOf(mount);
    if (other === claim || isUnknown(other)) continue;
    if (other !== undefined) yield otherClaim(is, mount, { claim, other, transition });
    else if (isEphemeral(mount)) yield onPod(is, mount, claim);
    else continue;
    told.add(claim);
  }
}

const placeOf = ({ container, mountPath }: Mount) => `${container} ${mountPath}`;

/** Storage that goes with the pod: an emptyDir, which is also what a volume is that says nothing. */
function isEphemeral({ volume }: Mount): boolean {
  return volume["emptyDir"] !== undefined || Object.keys(volume).length === 1;
}

function onPod(workload: Workload, mount: Mount, claim: string): Problem {
  return {
    subject: workload.manifest,
    key: mount.mountPath,
    at: mount.locate(),
    message: `${mount.mountPath} of ${workload.manifest.ref} was claim ${claim} and is now an emptyDir: its pods start without that data, and what they write from then on is lost with each pod.`,
    fix: `Keep persistentVolumeClaim: { claimName: ${claim} } for ${mount.mountPath}. If the data is not needed any more, say so with a waiver.`,
  };
}

interface OtherClaim {
  readonly claim: string;
  readonly other: string;
  readonly transition: Transition;
}

/** A claim that was there before may already hold the data; a new one is empty unless it says where it comes from. */
function isEmptyClaim(name: string, from: Manifest, { before, after }: Transition): boolean {
  const claim = after.find("PersistentVolumeClaim", name, from);
  const filled = ["dataSource", "dataSourceRef", "volumeName"].some(
    (field) => claim?.get("spec", field) !== undefined,
  );
  return claim !== undefined && !filled && before.find("PersistentVolumeClaim", name, claim) === undefined;
}

function otherClaim(workload: Workload, mount: Mount, { claim, other, transition }: OtherClaim): Problem {
  const isNew = isEmptyClaim(other, workload.manifest, transition);
  const suggestion = setScalar(
    workload.manifest,
    [...mount.path, "persistentVolumeClaim", "claimName"],
    plainScalar(claim),
  );
  return {
    subject: workload.manifest,
    key: mount.mountPath,
    at: mount.locate(),
    atMost: "warning",
    message: isNew
      ? `${mount.mountPath} of ${workload.manifest.ref} moves from claim ${claim} to ${other}, which this change creates and nothing fills: its pods start without the data of ${claim}.`
      : `${mount.mountPath} of ${workload.manifest.ref} moves from claim ${claim} to ${other}: its pods see what is in ${other}, and no longer what is in ${claim}.`,
    fix: `Copy the data of ${claim} to ${other} while nothing writes to it, then switch over, and keep ${claim} until it is checked.`,
    ...(suggestion && { suggestion }),
  };
}
