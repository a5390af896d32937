import { setScalar } from "../../engine/edit.ts";
import { list, object, string } from "../../engine/json.ts";
import { scaled } from "../../engine/quantity.ts";
import { isUnknown } from "../../engine/template.ts";
import type { Manifest, Problem } from "../../engine/types.ts";
import type { Workload } from "../../engine/workload.ts";
import { defineCheck, severities, type Transition } from "../define.ts";

const queue = (update: string, image = "queue:3") => `apiVersion: apps/v1
kind: StatefulSet
metadata: { name: queue, namespace: events }
spec:
  replicas: 3
  serviceName: queue
  ${update}
  selector: { matchLabels: { app: queue } }
  template:
    metadata: { labels: { app: queue } }
    spec: { containers: [{ name: queue, image: "${image}" }] }
`;

const service = (spec: string, name = "queue") => `apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: events }
spec:
  ${spec}
  selector: { app: queue }
  ports: [{ port: 5672 }]
`;

const ROLLING = "updateStrategy: { type: RollingUpdate }";
const SERVICE = service("clusterIP: None");
const MARK = " # <- finding";

export default defineCheck({
  kind: "transition",
  id: "sts-update-hazards",
  title: "A StatefulSet does not get its new version, or its pods lose their names",
  pillar: "hot-swap",
  severity: severities("error", "error", "warning"),
  confidence: "certain",
  why: "With OnDelete, or a partition as high as the number of pods, a deploy looks done and changes nothing: the fix that was deployed does not run, with OnDelete not until a pod is deleted by chance. And without its headless Service the members of a cluster cannot find each other by name, and stop working together.",
  fix: "Use RollingUpdate with a partition below the number of replicas, and keep the headless Service that serviceName names.",
  references: [
    "https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#update-strategies",
    "https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#stable-network-id",
  ],
  unsafe: [
    {
      title: "the partition holds back every pod",
      before: queue(ROLLING),
      after: queue(
        "updateStrategy: { type: RollingUpdate, rollingUpdate: { partition: 3 } }",
        "queue:4",
      ).replace("partition: 3 } }", `partition: 3 } }${MARK}`),
    },
    {
      title: "a new image with OnDelete: nothing happens",
      before: queue("updateStrategy: { type: OnDelete }"),
      after: queue(`updateStrategy: { type: OnDelete }${MARK}`, "queue:4"),
    },
    {
      title: "its Service is removed",
      before: { "queue.yaml": queue(ROLLING), "service.yaml": SERVICE },
      after: { "queue.yaml": queue(ROLLING).replace("serviceName: queue", `serviceName: queue${MARK}`) },
    },
    {
      title: "its Service gets another name",
      before: { "queue.yaml": queue(ROLLING), "service.yaml": SERVICE },
      after: {
        "queue.yaml": queue(ROLLING).replace("serviceName: queue", `serviceName: queue${MARK}`),
        "service.yaml": service("clusterIP: None", "queue-headless"),
      },
    },
  ],
  safe: [
    {
      title: "a canary: all but one pod are held back",
      before: queue(ROLLING),
      after: queue("updateStrategy: { type: RollingUpdate, rollingUpdate: { partition: 2 } }", "queue:4"),
    },
    {
      title: "the number of pods changes, which OnDelete does not hold back",
      before: queue("updateStrategy: { type: OnDelete }"),
      after: queue("updateStrategy: { type: OnDelete }").replace("replicas: 3", "replicas: 5"),
    },
    { title: "the Service was never here", before: queue(ROLLING), after: queue(ROLLING, "queue:4") },
    {
      title: "the Service moves to another file",
      before: { "queue.yaml": queue(ROLLING), "service.yaml": SERVICE },
      after: { "queue.yaml": queue(ROLLING), "net/service.yaml": SERVICE },
    },
  ],

  *run(transition) {
    const { changes, before, after } = transition;
    for (const change of changes) {
      if (change.kind !== "kept" || change.after.kind !== "StatefulSet" || change.after.group !== "apps")
        continue;
      const was = before.workload(change.before);
      const is = after.workload(change.after);
      if (!was || !is) continue;
      yield* nameless(change.before, change.after, transition);
      const newPods = JSON.stringify(podsOf(change.before)) !== JSON.stringify(podsOf(change.after));
      if (newPods) yield* heldBack(was, is, transition);
    }
  },
});

/** What a rollout replaces pods for. */
const podsOf = (manifest: Manifest) => manifest.get("spec", "template", "spec") ?? null;

function* heldBack(was: Workload, is: Workload, { after }: Transition): Iterable<Problem> {
  const { manifest } = is;
  const type = manifest.get("spec", "updateStrategy", "type");
  const images = (workload: Workload) => workload.containers.map(({ spec }) => string(spec["image"])).join();
  const what = images(was) === images(is) ? "the new pod template" : "the new image";
  const replicas = after.replicasOf(is);
  const partition =
    scaled(manifest.get("spec", "updateStrategy", "rollingUpdate", "partition"), NaN, "up") ?? 0;
  if (type === "OnDelete") {
    yield {
      subject: manifest,
      key: "update",
      at: manifest.locate("spec", "updateStrategy", "type"),
      atMost: "notice",
      message: `${manifest.ref} has updateStrategy OnDelete: ${what} does not run until somebody deletes its pods, though the deploy looks done.`,
      fix: `Delete the pods of ${manifest.name} one by one after the deploy, or write updateStrategy: { type: RollingUpdate }.`,
    };
  } else if (replicas > 0 && partition >= replicas) {
    const path = ["spec", "updateStrategy", "rollingUpdate", "partition"];
    const suggestion = setScalar(manifest, path, "0");
    yield {
      subject: manifest,
      key: "update",
      at: manifest.locate(...path),
      atMost: "warning",
      message: `${manifest.ref} has ${replicas} pods and a partition of ${partition}, which holds all of them back: ${what} does not run, though the deploy looks done.`,
      fix: `Write partition: 0, or ${replicas - 1} to try it on one pod first.`,
      ...(suggestion && { suggestion }),
    };
  }
}

/** The base had the Service that gives the pods their names, and the head has not. */
function* nameless(before: Manifest, after: Manifest, transition: Transition): Iterable<Problem> {
  const name = string(after.get("spec", "serviceName"));
  const old = string(before.get("spec", "serviceName"));
  if (name === undefined || name === "" || name !== old || isUnknown(name)) return;
  const had = transition.before.find("Service", name, before);
  const has = transition.after.find("Service", name, after);
  if (!had || has || transition.after.anywhere("Service", name)) return;
  const named = namesPods(transition, name);
  yield {
    subject: after,
    key: "service",
    at: after.locate("spec", "serviceName"),
    ...(named ? {} : { atMost: "warning" as const }),
    message: `${after.ref} gets the names of its pods from Service/${name}, which this change removes: ${after.name}-0.${name} no longer resolves, and members that find each other by name lose each other.`,
    fix: `Keep Service/${name} with clusterIP: None. serviceName cannot change on a StatefulSet that exists.`,
  };
}

/** Somebody here speaks of the pods by those names. */
function namesPods({ after }: Transition, service: string): boolean {
  const pattern = new RegExp(`-\\d+\\.${service.replace(/[^\w-]/g, "")}(\\W|$)`);
  return after.workloads.some(({ containers }) =>
    containers.some(({ spec }) =>
      [
        ...list(spec["args"]),
        ...list(spec["command"]),
        ...list(spec["env"]).map((item) => object(item)["value"]),
      ].some((text) => typeof text === "string" && pattern.test(text)),
    ),
  );
}
