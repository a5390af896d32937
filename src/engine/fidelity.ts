import { imageName } from "./image.ts";
import { list, object, string, text } from "./json.ts";
import { probeOf, PROBES } from "./probes.ts";
import { RESOURCES, shareOf, writtenShare } from "./resources.ts";
import type { Environment, Fidelity, FidelityDifference, Manifest } from "./types.ts";
import type { Container, Workload } from "./workload.ts";
import type { World } from "./world.ts";

/** One unit as it will be, and whether the change touches it. */
export interface UnitSide {
  readonly unit: string;
  readonly environment: Environment;
  readonly after: World;
  readonly untouched: boolean;
}

/**
 * Where staging is not what production is, in what would hide a failure: what is only in production is tried out there
 * for the first time. Staging that is smaller in other ways, or has more, is left alone.
 */
export function fidelityOf(units: readonly UnitSide[], everything: boolean): Fidelity[] {
  const staging = new Map(
    units.flatMap((unit) => (unit.environment === "staging" ? [[placeOf(unit.unit), unit] as const] : [])),
  );
  return units.flatMap((unit): Fidelity[] => {
    const other = unit.environment === "production" ? staging.get(placeOf(unit.unit)) : undefined;
    if (!other || (!everything && unit.untouched && other.untouched)) return [];
    const differences = differencesOf(other.after, unit.after);
    return differences.length > 0 ? [{ staging: other.unit, production: unit.unit, differences }] : [];
  });
}

const ENVIRONMENT =
  /(^|[-_/.( ])(prod|production|prd|live|staging|stage|stg|preprod|pre-prod|uat|qa|acceptance|acc)(?=$|[-_/.)\d ])/gi;

/** A name with its environment taken out: the same for both of a pair. */
const placeOf = (name: string): string => name.replaceAll(ENVIRONMENT, "$1*");

/** Objects whose being there decides whether a production failure can be seen on staging. */
const KINDS = new Set([
  "PodDisruptionBudget",
  "HorizontalPodAutoscaler",
  "ScaledObject",
  "NetworkPolicy",
  "Ingress",
  "HTTPRoute",
  "ResourceQuota",
]);

/** What an object is called in whatever environment: without its words, or without the name of its release. */
function namesOf({ kind, name }: Manifest, { release }: World): string[] {
  const all = release && release.name !== "" ? [name, name.replaceAll(release.name, "*")] : [name];
  return all.map((one) => `${kind}/${placeOf(one)}`);
}

function differencesOf(staging: World, production: World): FidelityDifference[] {
  if (staging.incomplete || production.incomplete) return [];
  const known = new Set(staging.manifests.flatMap((manifest) => namesOf(manifest, staging)));
  const others = new Map(
    staging.workloads.flatMap((one) => namesOf(one.manifest, staging).map((name) => [name, one] as const)),
  );
  const missing = production.manifests.filter(
    (manifest) =>
      (KINDS.has(manifest.kind) || production.workload(manifest)) &&
      !namesOf(manifest, production).some((name) => known.has(name)),
  );
  const differing = production.workloads.flatMap((workload) => {
    const [other] = namesOf(workload.manifest, production).flatMap((name) => others.get(name) ?? []);
    if (!other || workload.runsToCompletion) return [];
    const counts = replicas([staging, other], [production, workload]);
    return [...counts, ...containers(other, workload)];
  });
  return [
    ...missing.map(({ ref }) => ({
      subject: ref,
      aspect: "object",
      staging: "missing",
      production: "there",
    })),
    ...differing,
  ];
}

/** One pod hides whatever goes wrong between several: sessions, locks, leader election, a rollout's overlap. */
function replicas(
  [staging, was]: readonly [World, Workload],
  [production, is]: readonly [World, Workload],
): FidelityDifference[] {
  const [few, many] = [staging.replicasOf(was), production.replicasOf(is)];
  if (few > 1 || !(many > 1)) return [];
  return [{ subject: is.manifest.ref, aspect: "replicas", staging: String(few), production: String(many) }];
}

function containers(staging: Workload, production: Workload): FidelityDifference[] {
  return production.containers.flatMap((container) => {
    const other = staging.containers.find(({ name }) => name === container.name);
    const subject = production.manifest.ref;
    const say = (aspect: string, there: string, here: string): FidelityDifference => {
      return { subject, aspect: `${aspect} of ${container.name}`, staging: there, production: here };
    };
    if (!other)
      return [{ subject, aspect: `container ${container.name}`, staging: "missing", production: "there" }];
    return [
      ...probes(other, container).map((probe) => say(probe, "missing", "there")),
      ...image(other, container).map(([there, here]) => say("image", there, here)),
      ...limits(other, container).map(([resource, there, here]) => say(`${resource} limit`, there, here)),
      ...variables(other, container).map((key) => say(`variable ${key}`, "missing", "there")),
    ];
  });
}

const probes = (staging: Container, production: Container): string[] =>
  PROBES.filter((probe) => probeOf(production, probe) && !probeOf(staging, probe));

/** Another version is what staging is there for; another program is not. */
function image(staging: Container, production: Container): [string, string][] {
  const [there, here] = [staging, production].map(({ spec }) => imageName(string(spec["image"]) ?? ""));
  return there && here && there.name !== here.name ? [[there.repository, here.repository]] : [];
}

/** A tighter limit throttles or kills in production what ran well on staging. */
function limits(staging: Container, production: Container): [string, string, string][] {
  return RESOURCES.flatMap((resource): [string, string, string][] => {
    const [there = Infinity, here = Infinity] = [staging, production].map(
      (one) => shareOf(one, resource).limit,
    );
    // What only an expansion would tell is not a number, and not less than anything.
    if (!(here < there)) return [];
    const written = (one: Container): string => text(writtenShare(one, "limits", resource)) || "none";
    return [[resource, written(staging), written(production)]];
  });
}

const VARIABLES_AT_MOST = 5;

/** Variables that only production sets switch on what nobody tried. */
function variables(staging: Container, production: Container): string[] {
  const keys = ({ spec }: Container): string[] =>
    list(spec["env"]).flatMap((item) => string(object(item)["name"]) ?? []);
  const known = new Set(keys(staging));
  return keys(production)
    .filter((key) => !known.has(key))
    .slice(0, VARIABLES_AT_MOST);
}
