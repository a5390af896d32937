import { quantityOf } from "../../engine/bytes.ts";
import type { Problem } from "../../engine/types.ts";
import { scalarText } from "../../engine/words.ts";
import { defineCheck, severities } from "../define.ts";
import { isGone, problemOf, valuesChanges, whose, type ValuesChange } from "../../engine/values-words.ts";

const release = (values: string) => `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: { name: search, namespace: shop }
spec:
  chart:
    spec: { chart: search, sourceRef: { kind: HelmRepository, name: platform } }
  values:
${values.replace(/^(?=.)/gm, "    ")}`;

/** `requests.cpu`, and the names that charts without that map use. */
const REQUEST = /^(cpu|mem|memory)[_-]?(guarantee|request|requests)$|^requests?(Cpu|Memory)$/i;
const LIMIT = /^(cpu|mem|memory)[_-]?limits?$|^limits?(Cpu|Memory)$/i;
/** A slip of a unit is a factor of ten or more; growth in one step rarely is five. */
const LEAP = 5;

export default defineCheck({
  kind: "transition",
  id: "values-resources-changed",
  title: "A chart's values ask for far more, or far less, CPU or memory",
  pillar: "hot-swap",
  severity: severities("warning", "warning", "notice"),
  confidence: "possible",
  why: "Pods that ask for many times as much may fit on no node: the rollout hangs, and pods that were drained do not come back. Pods with half the memory are killed when they need what they had. The chart itself is not in the repository, so the keys of its values are taken to mean what they mean in nearly all charts.",
  fix: "Set requests to what the pods use at their peak (kubectl top pods), and move there in steps.",
  references: ["https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/"],
  unsafe: [
    {
      title: "ten times the CPU",
      before: release("resources:\n  requests:\n    cpu: 200m\n"),
      after: release("resources:\n  requests:\n    cpu: 2 # <- finding\n"),
    },
    {
      title: "a quarter of the memory",
      before: release("resources:\n  limits:\n    memory: 4Gi\n"),
      after: release("resources:\n  limits:\n    memory: 1Gi # <- finding\n"),
    },
    {
      title: "the guarantees of a notebook profile are multiplied",
      before: release("profiles:\n  - name: large\n    cpu_guarantee: 0.5\n"),
      after: release("profiles:\n  - name: large\n    cpu_guarantee: 5 # <- finding\n"),
    },
  ],
  safe: [
    {
      title: "somewhat more memory",
      before: release("resources:\n  requests:\n    memory: 1Gi\n"),
      after: release("resources:\n  requests:\n    memory: 2Gi\n"),
    },
    {
      title: "another unit for the same amount",
      before: release("resources:\n  requests:\n    memory: 1Gi\n    cpu: 1\n"),
      after: release("resources:\n  requests:\n    memory: 1024Mi\n    cpu: 1000m\n"),
    },
    {
      title: "a CPU limit goes: nothing throttles any more",
      before: release("resources:\n  limits:\n    cpu: 500m\n    memory: 1Gi\n"),
      after: release("resources:\n  limits:\n    memory: 1Gi\n"),
    },
  ],

  *run(transition) {
    const problems = [...valuesChanges(transition)].flatMap((part) => [...resourceProblems(part)]);
    yield* summarised(problems);
  },
});

/** The same change made in many places of one file is one decision: the first tells of the others. */
function* summarised(problems: readonly Problem[]): Iterable<Problem> {
  const alike = ({ at, atMost, key }: Problem) => JSON.stringify([at.path, atMost, key?.split(".").at(-1)]);
  for (const group of Map.groupBy(problems, alike).values()) {
    const [first] = group;
    if (group.length <= MOST_ALIKE) yield* group;
    else if (first)
      yield {
        ...first,
        message: `${first.message} The same holds for ${group.length - 1} other places of this file.`,
      };
  }
}

/** More than so many of one kind in one file are told as one. */
const MOST_ALIKE = 3;

function* resourceProblems(part: ValuesChange): Iterable<Problem> {
  const name = part.steps.at(-1) ?? "";
  for (const key of Object.keys(part.before)) {
    const request = REQUEST.test(key) || (/^requests$/.test(name) && /^(cpu|memory)$/.test(key));
    const limit = LIMIT.test(key) || (/^limits$/.test(name) && /^(cpu|memory)$/.test(key));
    if (!request && !limit) continue;
    yield* leap(part, key, request);
    if (/mem/i.test(key)) yield* cut(part, key);
    if (request && isGone(part, key)) yield dropped(part, key);
  }
}

const sides = ({ before, after }: ValuesChange, key: string) =>
  [quantityOf(before[key] ?? undefined), quantityOf(after[key] ?? undefined)] as const;

const names = ({ before, after }: ValuesChange, key: string) =>
  `${scalarText(after[key])} instead of ${scalarText(before[key])}`;

const ownerOf = (part: ValuesChange) =>
  whose({ ...part, steps: part.steps.filter((step) => !/^(resources|requests|limits)$/.test(step)) });

function* leap(part: ValuesChange, key: string, request: boolean): Iterable<Problem> {
  const [from, to] = sides(part, key);
  if (!request || from === undefined || to === undefined || from <= 0 || to < from * LEAP) return;
  yield problemOf(part, {
    ...{ check: "values-resources-changed", key, severity: "warning" },
    message: `${ownerOf(part)} asks for ${names(part, key)}, ${Math.round(to / from)} times as much: if no node has that much free, its pods stay Pending, in the rollout and after every drain.`,
    fix: "Before this is deployed, check the unit (m, Mi, Gi), and that nodes have that much free.",
  });
}

function* cut(part: ValuesChange, key: string): Iterable<Problem> {
  const [from, to] = sides(part, key);
  if (from === undefined || to === undefined || to * 2 > from) return;
  yield problemOf(part, {
    ...{ check: "values-resources-changed", key, severity: to * 4 <= from ? "warning" : "notice" },
    message: `${ownerOf(part)} gets ${names(part, key)}: what needs more is killed or evicted, most likely at the peak of load.`,
    fix: "Compare it with the highest use of the last weeks, and lower it in steps.",
  });
}

function dropped(part: ValuesChange, key: string): Problem {
  return problemOf(part, {
    ...{ check: "values-resources-changed", key, severity: "notice" },
    message: `${ownerOf(part)} no longer says what it needs of ${key}: pods may share a node that has too little, and are evicted first.`,
    fix: `Keep ${key}: ${scalarText(part.before[key])}.`,
  });
}
