import { withoutHash } from "../../engine/names.ts";
import { removalOf } from "../../engine/pruning.ts";
import { keysOf, providerOf, referencesOf, type Reference } from "../../engine/references.ts";
import type { Location, Manifest, Problem, Severity } from "../../engine/types.ts";
import { listText } from "../../engine/words.ts";
import type { Workload } from "../../engine/workload.ts";
import type { Transition } from "../define.ts";

/** What pods of a workload ask for, what the base gives them, and the head no longer does: whole objects, and single keys. */
export function* lostReferences(was: Workload, is: Workload, transition: Transition): Iterable<Problem> {
  const { before, after } = transition;
  const old = referencesOf(was);
  const told = new Set<string>();
  for (const reference of referencesOf(is)) {
    const object = `${reference.kind}/${reference.name}`;
    const place = `${object}/${reference.key ?? ""}`;
    if (reference.kind === "PriorityClass" || told.has(object) || told.has(place)) continue;
    told.add(place);
    const twin = old.find((one) => isTwin(one, reference));
    const had = providerOf(twin ?? reference, was.manifest, before);
    const has = providerOf(reference, is.manifest, after);
    if (has) yield* lostKey(is, reference, { had, has });
    else if (had && twin) {
      // Gone as a whole: its keys need no words of their own.
      told.add(object);
      yield* lostObject(is, reference, { had, transition });
    }
  }
}

/** The same thing asked for. */
function isTwin(one: Reference, other: Reference): boolean {
  return one.kind === other.kind && withoutHash(one.name) === withoutHash(other.name);
}

/** Only where the base answers the reference: what was never here may come from elsewhere. */
function* lostObject(
  workload: Workload,
  reference: Reference,
  { had, transition }: { had: Manifest; transition: Transition },
): Iterable<Problem> {
  const { before, after } = transition;
  const { kind, name, path, use } = reference;
  if (after.anywhere(kind, name)) return;
  const removal = removalOf(had, before);
  if (removal === "kept") return;
  const pull = use === "pull";
  const atMost: Severity | undefined =
    removal === "deleted" && !workload.runsToCompletion && !pull ? undefined : "warning";
  const condition = removal === "deleted" ? "" : "Where the deploy tool prunes, ";
  const [place, text] = pull
    ? [" on a node that does not have their image yet", "cannot pull it"]
    : [
        "",
        `${kind === "PersistentVolumeClaim" ? "wait for it and do not start" : "do not start"}, ${oldPods(use)}`,
      ];
  yield {
    subject: workload.manifest,
    key: `${kind}/${name}`,
    at: workload.manifest.locate(...path),
    was: had.locate(),
    ...(atMost && { atMost }),
    message: `${workload.manifest.ref} refers to ${kind}/${withoutHash(name)}, which this change removes. ${condition}${condition === "" ? "New" : "new"} pods${place} ${text}.`,
    fix: `Keep ${withoutHash(had.ref)} until nothing refers to it, or change the reference of ${workload.manifest.name} in the same change.`,
  };
}

/** Variables are read again when a container restarts; what a pod has mounted outlives a crash. */
const oldPods = (use: Reference["use"]) =>
  `and an old one that ${use === "env" ? "crashes or is drained" : "is drained or evicted"} does not come back`;

interface Providers {
  readonly had: Manifest | undefined;
  readonly has: Manifest;
}

function* lostKey(
  workload: Workload,
  { kind, name, key, path, use }: Reference,
  { had, has }: Providers,
): Iterable<Problem> {
  const [old, now] = [had && keysOf(had), keysOf(has)];
  if (key === undefined || !had || !old || !now || now.has(key)) return;
  // A key that neither side has was missing before, unless the container asks for it only now.
  if (!old.has(key) && had.object !== has.object) return;
  yield {
    subject: workload.manifest,
    key: `${kind}/${name} ${key}`,
    at: workload.manifest.locate(...path),
    ...(old.has(key) && { was: placeOfKey(had, key) }),
    ...(workload.runsToCompletion ? { atMost: "warning" as const } : {}),
    message: `${workload.manifest.ref} asks for key ${key} of ${kind}/${withoutHash(name)}, which ${old.has(key) ? "no longer has" : "does not have"} it (it has ${listText([...now], 4)}): new pods do not start, ${oldPods(use)}.`,
    fix: `Keep ${key} in ${withoutHash(has.ref)}, or ask for a key that it has.`,
  };
}

function placeOfKey(manifest: Manifest, key: string): Location {
  const field = ["data", "stringData", "binaryData"].find((one) => manifest.get(one, key) !== undefined);
  return field === undefined ? manifest.locate() : manifest.locate(field, key);
}
