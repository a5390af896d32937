// Written by `npm run generate` from the files in this folder. Do not edit.
import backendDangling from "./hot-swap/backend-dangling.ts";
import readinessMissing from "./hot-swap/readiness-missing.ts";
import readinessRemoved from "./hot-swap/readiness-removed.ts";
import rolloutAvailabilityDip from "./hot-swap/rollout-availability-dip.ts";
import serviceSelectsNothing from "./hot-swap/service-selects-nothing.ts";
import targetPortUnresolved from "./hot-swap/target-port-unresolved.ts";
import pdbDeadlock from "./redundancy/pdb-deadlock.ts";
import pdbMissing from "./redundancy/pdb-missing.ts";
import pdbOverlap from "./redundancy/pdb-overlap.ts";
import pdbRemoved from "./redundancy/pdb-removed.ts";
import replicaReduction from "./redundancy/replica-reduction.ts";
import replicasRemovedUnderHpa from "./redundancy/replicas-removed-under-hpa.ts";
import singleReplicaServed from "./redundancy/single-replica-served.ts";
import serviceSelectorFlip from "./transition/service-selector-flip.ts";
import type { Check } from "./define.ts";

/** Every check, in order of pillar and id. */
export const checks: readonly Check[] = [
  backendDangling,
  readinessMissing,
  readinessRemoved,
  rolloutAvailabilityDip,
  serviceSelectsNothing,
  targetPortUnresolved,
  pdbDeadlock,
  pdbMissing,
  pdbOverlap,
  pdbRemoved,
  replicaReduction,
  replicasRemovedUnderHpa,
  singleReplicaServed,
  serviceSelectorFlip,
];
