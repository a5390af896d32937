import { refusals, type Refusal } from "../../engine/limit-ranges.ts";
import { RESOURCES, writtenShare } from "../../engine/resources.ts";
import type { Manifest, Problem } from "../../engine/types.ts";
import { scalarText } from "../../engine/words.ts";
import type { Container, Workload } from "../../engine/workload.ts";
import { defineCheck, severities } from "../define.ts";

const indexer = (resources: string) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: indexer, namespace: search }
spec:
  selector: { matchLabels: { app: indexer } }
  template:
    metadata: { labels: { app: indexer } }
    spec:
      containers:
        - name: indexer
          image: indexer:6
          ${resources}
---
`;

const asks = (request: string, limit = "", mark = "") => `resources:
            requests:
              memory: ${request}${mark}${limit === "" ? "" : `\n            limits:\n              memory: ${limit}`}`;

const range = (bounds: string, namespace = "search") => `apiVersion: v1
kind: LimitRange
metadata: { name: bounds, namespace: ${namespace} }
spec:
  limits:
    - type: Container
      ${bounds}
---
`;

const MAX = (size: string) => range(`max: { memory: ${size} }`);
const MARK = " # <- finding";

export default defineCheck({
  kind: "state",
  id: "limit-range-refuses",
  title: "A LimitRange refuses the pods of a workload",
  pillar: "redundancy",
  severity: severities("error", "error", "warning"),
  confidence: "certain",
  why: "Bounds are looked at when a pod is created, not while it runs. Running pods stay, and restart in place when they crash. But none that is drained, evicted or lost with its node can be replaced, and no rollout gets on: the workload shrinks pod by pod.",
  fix: "Widen the bounds, or let the container ask for what they allow, in the same change.",
  references: ["https://kubernetes.io/docs/concepts/policy/limit-range/"],
  unsafe: [
    {
      title: "the most that is allowed is cut below what a container has",
      before: indexer(asks("1Gi", "2Gi")) + MAX("4Gi"),
      after: indexer(asks("1Gi", `2Gi${MARK}`)) + MAX("1Gi"),
    },
    {
      title: "a container asks for less than the least",
      before: indexer(asks("256Mi", "1Gi")) + range("min: { memory: 128Mi }"),
      after: indexer(asks("64Mi", "1Gi", MARK)) + range("min: { memory: 128Mi }"),
    },
    {
      title: "a container without a limit asks for more than the default limit",
      before: indexer(asks("256Mi")) + range("default: { memory: 512Mi }"),
      after: indexer(asks("1Gi", "", MARK)) + range("default: { memory: 512Mi }"),
    },
  ],
  safe: [
    { title: "within the bounds", after: indexer(asks("1Gi", "2Gi")) + MAX("2048Mi") },
    {
      title: "the bounds are for another namespace",
      after: indexer(asks("1Gi", "2Gi")) + range("max: { memory: 1Gi }", "web"),
    },
    {
      title: "what is not written gets the defaults, which fit",
      after: indexer("imagePullPolicy: Always") + range("max: { memory: 1Gi }\n      min: { memory: 64Mi }"),
    },
    {
      title: "it was refused before",
      before: indexer(asks("1Gi", "2Gi")) + MAX("1Gi"),
      after: indexer(asks("1Gi", "2Gi")).replace("indexer:6", "indexer:7") + MAX("1Gi"),
    },
  ],

  *run(world) {
    for (const range of world.ofKind("LimitRange")) {
      for (const workload of world.workloads) {
        if (workload.manifest.namespace === range.namespace) yield* refused(workload, range);
      }
    }
  },
});

function* refused(workload: Workload, range: Manifest): Iterable<Problem> {
  for (const container of workload.containers) {
    const [first] = RESOURCES.flatMap((resource) =>
      refusals(container, range, resource).map((refusal) => ({ refusal, resource })),
    );
    if (first) yield problem({ workload, container, range }, first);
  }
}

interface Place {
  readonly workload: Workload;
  readonly container: Container;
  readonly range: Manifest;
}

function problem(
  { workload, container, range }: Place,
  { refusal, resource }: { refusal: Refusal; resource: (typeof RESOURCES)[number] },
): Problem {
  const { field, what, text, path } = refusal;
  const { manifest } = workload;
  const written = field && writtenShare(container, field, resource);
  return {
    subject: manifest,
    key: container.name,
    at: field ? manifest.locate(...container.path, "resources", field, resource) : range.locate(...path),
    message: `No new pod of ${manifest.ref} can be created: the ${what} of container ${container.name}${written === undefined ? "" : ` (${scalarText(written)})`} ${text}. Pods that run stay, but one that is evicted, or lost with its node, is not replaced, and rollouts stand still.`,
    fix: `Change ${path.slice(-2).join(".")} of ${range.ref} so that it allows ${written === undefined ? "this" : scalarText(written)}, or the ${resource} of container ${container.name} so that it fits.`,
  };
}
