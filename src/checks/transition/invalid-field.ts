import { definitionsOf, kindShapes } from "../../engine/definitions.ts";
import { misfits } from "../../engine/field-types.ts";
import { defineCheck, severities } from "../define.ts";
import { misfitProblem } from "./_misfit.ts";

const web = (spec: string, podSpec = "") => `apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  replicas: 3
  selector: { matchLabels: { app: web } }
${spec}  template:
    metadata: { labels: { app: web } }
    spec:
${podSpec}      containers:
        - name: web
          image: web:1
`;

const SPREAD = `  topologySpreadConstraints: # <- finding
    - { maxSkew: 1, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: DoNotSchedule }
`;

const nodePool = (spec: string, template = "") => `apiVersion: karpenter.sh/v1
kind: NodePool
metadata: { name: web }
spec:
${spec}  template:
${template}    spec:
      nodeClassRef: { group: karpenter.k8s.aws, kind: EC2NodeClass, name: web }
      requirements: [{ key: kubernetes.io/arch, operator: In, values: [amd64] }]
`;

const disruption = (indent: string, mark = "") => `${indent}disruption:${mark}
${indent}  consolidationPolicy: WhenEmptyOrUnderutilized
${indent}  budgets: [{ nodes: "10%" }]
`;

const CRD = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: queues.example.com }
spec:
  group: example.com
  scope: Namespaced
  names: { kind: Queue, plural: queues }
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              required: [replicas]
              properties:
                replicas: { type: integer }
                mode: { type: string, enum: [quorum, classic] }
                options: { type: object, x-kubernetes-preserve-unknown-fields: true }
---
`;

const queue = (spec: string) => `apiVersion: example.com/v1
kind: Queue
metadata: { name: orders, namespace: shop }
spec:
${spec}`;

const indented = (text: string) => text.replaceAll(/^(?=.)/gm, "    ").replace(" # <- finding", "");

export default defineCheck({
  kind: "state",
  id: "invalid-field",
  title: "A field is written that its kind does not have",
  pillar: "transition",
  severity: severities("warning", "warning", "notice"),
  confidence: "certain",
  why: "A field in the wrong place, or with the wrong kind of value, is refused by the API server or silently dropped. Either way what it was written for, such as spreading pods over nodes or giving them time to stop, is not in force on the day it is needed.",
  fix: "Move the field to where its kind has it, and give it the kind of value that it takes.",
  references: [
    "https://kubernetes.io/docs/reference/using-api/api-concepts/#setting-the-field-validation-level",
  ],
  unsafe: [
    {
      title: "the spread of pods is written beside the pod template instead of in it",
      before: web(""),
      after: web(SPREAD),
    },
    {
      title: "a number of seconds is written with its unit",
      before: web("  minReadySeconds: 15\n"),
      after: web('  minReadySeconds: "15s" # <- finding\n'),
    },
    {
      title: "a field of the rollout strategy is misspelt",
      before: web("  strategy: { rollingUpdate: { maxSurge: 1 } }\n"),
      after: web("  strategy:\n    rollingUpdate:\n      surge: 1 # <- finding\n"),
    },
    {
      title: "a number of replicas is written as text",
      before: web(""),
      after: web("").replace("replicas: 3", 'replicas: "3" # <- finding'),
    },
    {
      title: "the disruption budget of a node pool is written in its template",
      before: nodePool(""),
      after: nodePool("", disruption("    ", " # <- finding")),
    },
    {
      title: "a label is true or false without quotes, and labels are text",
      before: web(""),
      after: web("").replace(
        "    metadata: { labels: { app: web } }",
        "    metadata:\n      labels:\n        app: web\n        canary: true # <- finding",
      ),
    },
    {
      title: "a policy is written in lower case",
      before: web(""),
      after: web("  strategy:\n    type: recreate # <- finding\n"),
    },
    {
      title: "a custom resource has a field that its definition in the repository does not have",
      before: CRD + queue("  replicas: 3\n"),
      after: CRD + queue("  replicas: 3\n  replica: 3 # <- finding\n"),
    },
    {
      title: "a custom resource loses a field that its definition requires",
      before: CRD + queue("  replicas: 3\n  mode: quorum\n"),
      after: CRD + queue("  mode: quorum\n").replace("spec:\n  mode", "spec: # <- finding\n  mode"),
    },
    {
      title: "a custom resource has a mode that its definition does not allow",
      before: CRD + queue("  replicas: 3\n  mode: quorum\n"),
      after: CRD + queue("  replicas: 3\n  mode: mirrored # <- finding\n"),
    },
    {
      title: "the definition drops a field that a custom resource still has",
      before: CRD + queue("  replicas: 3\n  mode: quorum\n"),
      after: CRD.replace(/ +mode: .*\n/, "") + queue("  replicas: 3\n  mode: quorum # <- finding\n"),
    },
  ],
  safe: [
    {
      title: "the spread of pods stands in the pod template",
      before: web(""),
      after: web("", indented(SPREAD)),
    },
    {
      title: "an integer or a percentage, where both can stand",
      before: web(""),
      after: web('  strategy: { rollingUpdate: { maxSurge: "25%", maxUnavailable: 0 } }\n'),
    },
    {
      title: "a kind that nines has no model of",
      after: "apiVersion: example.com/v1\nkind: Widget\nmetadata: { name: web }\nspec: { anything: goes }\n",
    },
    {
      title: "the disruption budget of a node pool stands beside its template",
      before: nodePool(""),
      after: nodePool(disruption("  ")),
    },
    {
      title: "a version of a custom resource that nobody here knows",
      before: nodePool("").replace("karpenter.sh/v1", "karpenter.sh/v2"),
      after: nodePool("", disruption("    ")).replace("karpenter.sh/v1", "karpenter.sh/v2"),
    },
    {
      title: "any field may stand in a part of a custom resource",
      before: CRD + queue("  replicas: 3\n"),
      after: CRD + queue("  replicas: 3\n  options: { replica: 3, mode: 5 }\n"),
    },
    {
      title: "a secret is encrypted by SOPS, which takes its own part out again",
      after:
        'apiVersion: v1\nkind: Secret\nmetadata: { name: web }\nstringData: { password: "ENC[AES256_GCM]" }\nsops: { version: 3.9.0, mac: "ENC[AES256_GCM]" }\n',
    },
    {
      title: "a quantity is written as a number",
      before: web(""),
      after: web("").replace("image: web:1", "image: web:1\n          resources: { limits: { cpu: 1.5 } }"),
    },
    {
      title: "a value that a template makes",
      before: web(""),
      after: web("").replace("replicas: 3", 'replicas: "${REPLICAS}"'),
    },
  ],

  *run(world) {
    const definitions = definitionsOf(world.everywhere("CustomResourceDefinition"));
    for (const manifest of world.manifests) {
      const misfit = misfits(manifest, kindShapes(manifest, definitions));
      // grace-arithmetic says of a grace period what it means for users.
      const others =
        misfit?.found.filter(({ path }) => path.at(-1) !== "terminationGracePeriodSeconds") ?? [];
      for (const other of others) yield misfitProblem(manifest, other, misfit?.by ?? "kubernetes");
    }
  },
});
