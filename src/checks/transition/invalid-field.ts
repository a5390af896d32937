import { misfits, type Misfit } from "../../engine/field-types.ts";
import { setScalar } from "../../engine/edit.ts";
import type { FieldPath, Manifest, Problem, Suggestion } from "../../engine/types.ts";
import { defineCheck, severities } from "../define.ts";

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

const indented = (text: string) => text.replaceAll(/^(?=.)/gm, "    ").replace(" # <- finding", "");

export default defineCheck({
  kind: "state",
  id: "invalid-field",
  title: "A field is written that its kind does not have",
  pillar: "transition",
  severity: severities("warning", "warning", "notice"),
  confidence: "certain",
  why: "What stands at the wrong place, or holds the wrong kind of value, is refused by the API server or dropped without a word. Either way what it was written for, such as spreading pods or time to stop, is not there on the day it is needed.",
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
      title: "a value that a template makes",
      before: web(""),
      after: web("").replace("replicas: 3", 'replicas: "${REPLICAS}"'),
    },
  ],

  *run({ manifests }) {
    for (const manifest of manifests) {
      // grace-arithmetic says of a grace period what it means for users.
      const others = misfits(manifest).filter(({ path }) => path.at(-1) !== "terminationGracePeriodSeconds");
      for (const misfit of others) yield problemOf(manifest, misfit);
    }
  },
});

function problemOf(manifest: Manifest, misfit: Misfit): Problem {
  const suggestion = misfit.problem === "type" ? asWanted(manifest, misfit) : undefined;
  return {
    subject: manifest,
    at: manifest.locate(...misfit.path),
    key: written(misfit.path),
    message: messageOf(manifest, misfit),
    fix: fixOf(misfit),
    ...(suggestion && { suggestion }),
  };
}

function messageOf({ ref, kind }: Manifest, misfit: Misfit): string {
  const field = written(misfit.path);
  if (misfit.problem === "type") {
    return `${field} of ${ref} is ${misfit.found}, and it takes ${misfit.wanted}: the API server refuses the object, and nothing of this change to it arrives.`;
  }
  return `${ref} has ${field}, a field that ${article(kind)} does not have there: the API server refuses or drops it, so what it says is not in force.`;
}

const article = (kind: string) => (/^[AEIOU]/.test(kind) ? `an ${kind}` : `a ${kind}`);

function fixOf(misfit: Misfit): string {
  if (misfit.problem === "type") return `Write ${misfit.wanted} in ${written(misfit.path)}.`;
  const name = String(misfit.path.at(-1));
  const [place] = misfit.elsewhere;
  if (place) return `Move ${name} to ${written(place)}.`;
  const near = misfit.known.find((known) => known.toLowerCase().includes(name.toLowerCase()));
  if (near !== undefined) return `Write ${near} instead of ${name}.`;
  return `Take ${name} out, or write one of the fields that can stand there: ${misfit.known.join(", ")}.`;
}

/** `spec.template.spec.containers[0].image`, as kubectl names it. */
function written(path: FieldPath): string {
  return path
    .map((step, index) => (typeof step === "number" ? `[${step}]` : index === 0 ? step : `.${step}`))
    .join("");
}

/** A quoted number where a number is wanted loses its quotes; a unit of seconds is dropped. */
function asWanted(
  manifest: Manifest,
  { path, wanted }: Extract<Misfit, { problem: "type" }>,
): Suggestion | undefined {
  const value = manifest.get(...path);
  const number =
    typeof value === "string" && wanted.includes("number") ? /^(\d+)s?$/.exec(value)?.[1] : undefined;
  return number === undefined ? undefined : setScalar(manifest, path, number);
}
