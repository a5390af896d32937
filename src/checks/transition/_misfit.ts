import { setScalar } from "../../engine/edit.ts";
import type { Misfit } from "../../engine/field-types.ts";
import type { KindShape } from "../../engine/shapes.ts";
import type { FieldPath, Manifest, Problem, Severity, Suggestion } from "../../engine/types.ts";
import { listText } from "../../engine/words.ts";

/** What is said of a field that its kind does not take. */
export function misfitProblem(manifest: Manifest, misfit: Misfit, by: KindShape["by"]): Problem {
  const suggestion = suggestionFor(manifest, misfit);
  const most = by === "published" ? mostOf(misfit) : undefined;
  return {
    subject: manifest,
    at: manifest.locate(...misfit.path),
    key: misfit.problem === "missing" ? `${written(misfit.path)}!${misfit.name}` : written(misfit.path),
    message: messageOf(manifest, misfit, by),
    fix: fixOf(misfit),
    ...(most && { atMost: most }),
    ...(suggestion && { suggestion }),
  };
}

/** The cluster's CRD may be newer than what was published: only what looks like a slip is more than a hint. */
function mostOf(misfit: Misfit): Severity | undefined {
  switch (misfit.problem) {
    case "unknown":
      return misfit.elsewhere.length > 0 || misfit.meant !== undefined ? undefined : "notice";
    case "value":
      return misfit.meant === undefined ? "notice" : undefined;
    case "type":
      return undefined;
    case "missing":
      return "notice";
  }
}

function messageOf(manifest: Manifest, misfit: Misfit, by: KindShape["by"]): string {
  const { ref, kind, group, version } = manifest;
  const field = written(misfit.path);
  const schema =
    by === "published" ? `the published schema of ${group}/${version}` : `${article(kind)} schema`;
  switch (misfit.problem) {
    case "type":
      return `${field} of ${ref} is ${misfit.found}, and must be ${misfit.wanted}: the API server refuses the object, so this change to it does not reach the cluster.`;
    case "value":
      return by === "published"
        ? `${field} of ${ref} is ${misfit.found}, and ${schema} allows only ${listText(misfit.allowed, 8)}: unless the cluster's schema is newer, the API server refuses the object, so this change to it does not reach the cluster.`
        : `${field} of ${ref} is ${misfit.found}, and must be one of ${listText(misfit.allowed, 8)}: the API server refuses the object, so this change to it does not reach the cluster.`;
    case "missing":
      return `${ref} has no ${written([...misfit.path, misfit.name])}, which its CustomResourceDefinition requires: the API server refuses the object, so this change to it does not reach the cluster.`;
    case "unknown":
      return by === "published"
        ? `${ref} has ${field}, a field that ${schema} does not have there: unless the cluster's schema is newer, the API server refuses the object or drops the field, so what it says does not take effect.`
        : `${ref} has ${field}, a field that ${article(kind)} does not have there: the API server refuses the object or drops the field, so what it says does not take effect.`;
  }
}

const article = (kind: string) => (/^[AEIOU]/.test(kind) ? `an ${kind}` : `a ${kind}`);

function fixOf(misfit: Misfit): string {
  const field = written(misfit.path);
  switch (misfit.problem) {
    case "type":
      return `Write ${misfit.wanted} in ${field}.`;
    case "value":
      return misfit.meant === undefined
        ? `Write one of ${listText(misfit.allowed, 12)} in ${field}.`
        : `Write ${misfit.meant} instead of ${misfit.found}.`;
    case "missing":
      return `Write ${written([...misfit.path, misfit.name])}.`;
    case "unknown":
      return unknownFix(misfit);
  }
}

function unknownFix({ path, elsewhere, meant, known }: Extract<Misfit, { problem: "unknown" }>): string {
  const name = String(path.at(-1));
  const [place] = elsewhere;
  if (place) return `Move ${name} to ${written(place)}.`;
  const near = meant ?? known.find((one) => one.toLowerCase().includes(name.toLowerCase()));
  if (near !== undefined) return `Write ${near} instead of ${name}.`;
  return `Remove ${name}, or write one of the fields that are allowed there: ${listText(known, 20)}.`;
}

/** `spec.template.spec.containers[0].image`, as kubectl names it. */
export function written(path: FieldPath): string {
  return path
    .map((step, index) => {
      if (typeof step === "number") return `[${step}]`;
      if (!/^[\w-]+$/.test(step)) return `["${step}"]`;
      return index === 0 ? step : `.${step}`;
    })
    .join("");
}

function suggestionFor(manifest: Manifest, misfit: Misfit): Suggestion | undefined {
  if (misfit.problem === "value" && misfit.meant !== undefined)
    return setScalar(manifest, misfit.path, misfit.meant);
  return misfit.problem === "type" ? asWanted(manifest, misfit) : undefined;
}

/** A quoted number where a number is wanted loses its quotes, and a unit of seconds is dropped; a number as text gets them. */
function asWanted(
  manifest: Manifest,
  { path, wanted }: Extract<Misfit, { problem: "type" }>,
): Suggestion | undefined {
  const value = manifest.get(...path);
  if (typeof value === "string") {
    const number = wanted.includes("number") ? /^(\d+)s?$/.exec(value)?.[1] : undefined;
    return number === undefined ? undefined : setScalar(manifest, path, number);
  }
  const span = manifest.span(...path);
  const isPlain = (typeof value === "number" || typeof value === "boolean") && wanted === "text";
  return isPlain && span
    ? setScalar(manifest, path, `"${manifest.source.slice(span.start, span.end)}"`)
    : undefined;
}
