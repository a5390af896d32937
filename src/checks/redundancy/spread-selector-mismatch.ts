import { setLabels } from "../../engine/edit.ts";
import { list, object, strings, text } from "../../engine/json.ts";
import { matchesSelector, sameNamespace } from "../../engine/selectors.ts";
import { isUnknown } from "../../engine/template.ts";
import type { FieldPath, Json, Problem } from "../../engine/types.ts";
import { labelText } from "../../engine/words.ts";
import { podField, type Workload } from "../../engine/workload.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities } from "../define.ts";

const router = (spread: string, label = "app: router") => `apiVersion: apps/v1
kind: Deployment
metadata: { name: router, namespace: edge }
spec:
  replicas: 3
  selector: { matchLabels: { ${label} } }
  template:
    metadata: { labels: { ${label} } }
    spec:
      containers: [{ name: proxy, image: "router:4" }]
      ${spread}
`;

const constraint = (label: string) => `topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: DoNotSchedule
          labelSelector:
            matchLabels:
              ${label}`;

const apart = (label: string) => `affinity:
        podAntiAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
            - topologyKey: kubernetes.io/hostname
              labelSelector:
                matchLabels:
                  ${label}`;

const MARK = " # <- finding";
const CACHE = router("priorityClassName: high", "app: cache").replaceAll("router", "cache");

export default defineCheck({
  kind: "state",
  id: "spread-selector-mismatch",
  title: "A rule that spreads pods looks at labels that they do not have",
  pillar: "redundancy",
  severity: severities("warning", "warning", "notice"),
  confidence: "likely",
  absence: true,
  why: "The rule looks for pods by a selector that matches none of this workload, so it never holds any of them back: all pods may run on one node, though the manifest looks as if they could not. When that node is lost, all of them are.",
  fix: "Make the selector of the rule match the labels of the pods.",
  references: [
    "https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/#topologyspreadconstraints-field",
  ],
  unsafe: [
    {
      title: "the constraint counts pods with another label",
      before: router(constraint("app: router")),
      after: router(constraint("app: routers").replace("matchLabels:", `matchLabels:${MARK}`)),
    },
    {
      title: "the label of the pods changes, and the rule stays",
      before: router(apart("app: router")),
      after: router(apart("app: router").replace("matchLabels:", `matchLabels:${MARK}`), "app: edge-router"),
    },
    {
      title: "the rule of a new workload has a typing error",
      after: router(apart("app: ruoter").replace("matchLabels:", `matchLabels:${MARK}`)),
    },
  ],
  safe: [
    { title: "the selector matches", after: router(constraint("app: router")) },
    {
      title: "it is kept away from another workload, on purpose",
      after: { "router.yaml": router(apart("app: cache")), "cache.yaml": CACHE },
    },
    { title: "it is kept away from something from elsewhere", after: router(apart("k8s-app: ingress")) },
    {
      title: "it matches by an expression",
      after: router(
        constraint("app: router").replace(
          /matchLabels:\n\s+app: router/,
          "matchExpressions: [{ key: app, operator: In, values: [router] }]",
        ),
      ),
    },
  ],

  *run(world) {
    const pairs = new Set(world.workloads.flatMap(({ labels }) => pairsOf(labels)));
    for (const workload of world.workloads) {
      if (workload.runsToCompletion || workload.kind === "DaemonSet") continue;
      for (const term of termsOf(workload)) {
        if (isMismatch(term, workload, { world, pairs })) yield problem(workload, term, world);
      }
    }
  },
});

interface Term {
  readonly selector: Json;
  readonly path: FieldPath;
  /** A spread constraint is about the workload's own pods; anti-affinity can be about others'. */
  readonly own: boolean;
  readonly key: string;
}

function termsOf(workload: Workload): Term[] {
  const spread = terms(workload, ["topologySpreadConstraints"], [], true);
  const anti = ["affinity", "podAntiAffinity"];
  return [
    ...spread,
    ...terms(workload, [...anti, "requiredDuringSchedulingIgnoredDuringExecution"], [], false),
    ...terms(
      workload,
      [...anti, "preferredDuringSchedulingIgnoredDuringExecution"],
      ["podAffinityTerm"],
      false,
    ),
  ];
}

function terms(workload: Workload, path: FieldPath, inner: readonly string[], own: boolean): Term[] {
  return list(podField(workload, ...path)).flatMap((_, index) => {
    const place = [...path, index, ...inner];
    const selector = podField(workload, ...place, "labelSelector");
    const key = podField(workload, ...place, "topologyKey");
    return selector === undefined
      ? []
      : [
          {
            selector,
            path: [...workload.template, "spec", ...place, "labelSelector"],
            own,
            key: `${path.at(-1) ?? ""} ${text(key)}`,
          },
        ];
  });
}

const pairsOf = (labels: Readonly<Record<string, string>>) =>
  Object.entries(labels).map(([key, value]) => `${key}=${value}`);

interface Pods {
  readonly world: World;
  /** Every label of every pod: a selector that wants another one matches nothing. */
  readonly pairs: ReadonlySet<string>;
}

function isMismatch(
  { selector, own }: Term,
  { labels, manifest }: Workload,
  { world, pairs }: Pods,
): boolean {
  const wanted = strings(object(selector)["matchLabels"]);
  if (matchesSelector(selector, labels) || Object.keys(wanted).length === 0) return false;
  if ([...Object.values(wanted), ...Object.values(labels)].some(isUnknown)) return false;
  // The same key with another value is meant for these pods, unless other pods have that value.
  const near = Object.entries(wanted).some(
    ([key, value]) => labels[key] !== undefined && labels[key] !== value,
  );
  if (!near && !own) return false;
  if (pairsOf(wanted).some((pair) => !pairs.has(pair))) return true;
  return !world.workloads.some(
    (other) => sameNamespace(other.manifest, manifest) && matchesSelector(selector, other.labels),
  );
}

function problem(workload: Workload, { selector, path, own, key }: Term, world: World): Problem {
  const { manifest, labels } = workload;
  const wanted = strings(object(selector)["matchLabels"]);
  const mended = Object.fromEntries(
    Object.entries(wanted).flatMap(([name]) => (labels[name] === undefined ? [] : [[name, labels[name]]])),
  );
  const suggestion =
    Object.keys(mended).length > 0 ? setLabels(manifest, [...path, "matchLabels"], mended) : undefined;
  const few = world.replicasOf(workload) < 2;
  return {
    subject: manifest,
    key,
    at: manifest.locate(...path, "matchLabels"),
    ...(few || world.incomplete ? { atMost: "notice" as const } : {}),
    message: `The ${own ? "spread constraint" : "anti-affinity"} of ${manifest.ref} looks for pods with ${labelText(wanted)}, and its own have ${labelText(labels)}. It holds none of them back, so all may run in one place, and are lost together with it.`,
    fix: `Make its labelSelector match the pods of ${manifest.ref}: ${labelText(Object.keys(mended).length > 0 ? mended : labels)}.`,
    ...(suggestion && { suggestion }),
  };
}
