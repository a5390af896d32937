import { isRollout } from "../../engine/progressive.ts";
import type { Manifest, Problem } from "../../engine/types.ts";
import { listText } from "../../engine/words.ts";
import { defineCheck, severities, type Transition } from "../define.ts";
import { needsOf, refusalsOf, type Need } from "./_refusals.ts";

const rollout = (strategy: string) => `apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: { name: checkout, namespace: shop }
spec:
  replicas: 4
  strategy:
${strategy.replace(/^(?=.)/gm, "    ")}  selector: { matchLabels: { app: checkout } }
  template:
    metadata: { labels: { app: checkout } }
    spec: { containers: [{ name: web, image: checkout:4 }] }
`;

const blueGreen = (preview: string) => `blueGreen:
  activeService: checkout
  previewService: ${preview}
`;

const canary = (services: string, steps: string) => `canary:
  ${services}
  steps:
    ${steps}
`;

const SERVICES = ["checkout", "checkout-preview"]
  .map(
    (name) => `---
apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: shop }
spec: { selector: { app: checkout }, ports: [{ port: 80 }] }
`,
  )
  .join("");

const TEMPLATE = `---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: { name: errors, namespace: shop }
spec: { metrics: [{ name: errors, provider: { web: { url: "http://check/" } } }] }
`;

const ANALYSED = "- analysis: { templates: [{ templateName: errors }] }";
const PLAIN = "- pause: {}";
const TWO = "{ stableService: checkout, canaryService: checkout-preview }";

export default defineCheck({
  kind: "transition",
  id: "rollout-refused",
  title: "The controller of Argo Rollouts refuses a Rollout",
  pillar: "hot-swap",
  severity: severities("warning", "warning", "notice"),
  confidence: "certain",
  why: "A Rollout that its controller finds invalid is no longer looked after: no new version is rolled out, and none is rolled back. The apply succeeds all the same, so it shows only at the next release or incident.",
  fix: "Give each role a Service of its own, keep what the Rollout names, and keep weights and pauses in range.",
  references: [
    "https://argo-rollouts.readthedocs.io/en/stable/features/specification/",
    "https://github.com/argoproj/argo-rollouts/blob/master/pkg/apis/rollouts/validation/validation.go",
    "https://github.com/argoproj/argo-rollouts/blob/master/pkg/apis/rollouts/validation/validation_references.go",
  ],
  absence: true,
  unsafe: [
    {
      title: "the preview has the Service of the users",
      before: rollout(blueGreen("checkout-preview")) + SERVICES,
      after: rollout(blueGreen("checkout # <- finding")) + SERVICES,
    },
    {
      title: "the canary has the Service of the stable version",
      before: rollout(`canary: ${TWO}\n`) + SERVICES,
      after:
        rollout("canary: { stableService: checkout, canaryService: checkout } # <- finding\n") + SERVICES,
    },
    {
      title: "a weight is out of range",
      before: rollout(canary("maxSurge: 1", "- setWeight: 12")),
      after: rollout(canary("maxSurge: 1", "- setWeight: 120 # <- finding")),
    },
    {
      title: "the analysis that it names is removed",
      before: rollout(canary("maxSurge: 1", ANALYSED)) + TEMPLATE,
      after: rollout(canary("maxSurge: 1", `${ANALYSED} # <- finding`)),
    },
    {
      title: "it names an analysis that is not here, where others are",
      before: rollout(canary("maxSurge: 1", ANALYSED)) + TEMPLATE,
      after: rollout(canary("maxSurge: 1", `${ANALYSED.replace("errors", "error")} # <- finding`)) + TEMPLATE,
    },
    {
      title: "a second strategy is added",
      before: rollout(blueGreen("checkout-preview")) + SERVICES,
      after:
        rollout(`${blueGreen("checkout-preview")}canary: {}\n`).replace(
          "strategy:",
          "strategy: # <- finding",
        ) + SERVICES,
    },
  ],
  safe: [
    {
      title: "each role has a Service of its own",
      after: rollout(blueGreen("checkout-preview")) + SERVICES,
    },
    { title: "there is no preview", after: rollout("blueGreen: { activeService: checkout }\n") + SERVICES },
    {
      title: "it was refused before",
      before: rollout(blueGreen("checkout")) + SERVICES,
      after: rollout(blueGreen("checkout")).replace("replicas: 4", "replicas: 5") + SERVICES,
    },
    {
      title: "its analyses are not in this repository",
      after: rollout(canary("maxSurge: 1", ANALYSED)),
    },
    {
      title: "the analysis and its use go together",
      before: rollout(canary("maxSurge: 1", ANALYSED)) + TEMPLATE,
      after: rollout(canary("maxSurge: 1", PLAIN)),
    },
    {
      title: "the template moves to another file",
      before: rollout(canary("maxSurge: 1", ANALYSED)) + TEMPLATE,
      after: { "manifests.yaml": rollout(canary("maxSurge: 1", ANALYSED)), "analysis.yaml": TEMPLATE },
    },
  ],

  *run(transition) {
    for (const { before, after } of transition.changes) {
      if (!after || !isRollout(after)) continue;
      yield* invalid(after, before);
      yield* missing(after, before, transition);
    }
  },
});

const EFFECT =
  "Its controller refuses that: until it is mended no new version is rolled out and none is rolled back.";

function* invalid(rollout: Manifest, was: Manifest | undefined): Iterable<Problem> {
  const known = new Set((was ? refusalsOf(was) : []).map(({ key }) => key));
  for (const { key, field, text, fix } of refusalsOf(rollout)) {
    if (known.has(key)) continue;
    yield {
      subject: rollout,
      key,
      at: rollout.locate(...field),
      message: `${rollout.ref} ${text}. ${EFFECT}`,
      fix: `${fix} in ${rollout.ref}.`,
    };
  }
}

const idOf = ({ kind, name }: Need) => `${kind}/${name}`;

/** What it names and nobody has: gone with this change, or a new name beside which others of the kind are here. */
function* missing(rollout: Manifest, was: Manifest | undefined, sides: Transition): Iterable<Problem> {
  const { before, after } = sides;
  const old = new Set((was ? needsOf(was) : []).map(idOf));
  const needs = new Map(needsOf(rollout).map((need) => [idOf(need), need]));
  for (const [id, need] of needs) {
    const { kind, name } = need;
    if (after.anywhere(kind, name)) continue;
    const others = after.ofKind(kind).map((other) => other.name);
    // That a Service is gone is said where all who call it are named.
    if (before.anywhere(kind, name)) {
      if (kind !== "Service" || !old.has(id)) yield gone(rollout, need);
    } else if (!old.has(id) && others.length > 0) yield unseen(rollout, need, others);
  }
}

function gone(rollout: Manifest, need: Need): Problem {
  const { kind, name, path } = need;
  return {
    subject: rollout,
    key: idOf(need),
    at: rollout.locate(...path),
    message: `${rollout.ref} names ${kind} ${name}, which this change removes. ${EFFECT}`,
    fix: `Keep ${kind} ${name}, or take its name out of ${rollout.ref} as well.`,
  };
}

function unseen(rollout: Manifest, need: Need, others: readonly string[]): Problem {
  const { kind, name, path } = need;
  return {
    subject: rollout,
    key: idOf(need),
    at: rollout.locate(...path),
    atMost: "notice",
    message: `${rollout.ref} names ${kind} ${name}, which is not in this repository. If it is not in the cluster either, its controller refuses the Rollout, and no new version is rolled out.`,
    fix: `Check the name. Of that kind there is ${listText(others, 5)} here.`,
  };
}
