// Written by `npm run generate` from the files in this folder. Do not edit.
import destructiveRemoval from "./data/destructive-removal.ts";
import backendDangling from "./hot-swap/backend-dangling.ts";
import graceArithmetic from "./hot-swap/grace-arithmetic.ts";
import readinessMissing from "./hot-swap/readiness-missing.ts";
import readinessRemoved from "./hot-swap/readiness-removed.ts";
import rolloutAvailabilityDip from "./hot-swap/rollout-availability-dip.ts";
import rwoVolumeWithSurge from "./hot-swap/rwo-volume-with-surge.ts";
import serviceSelectsNothing from "./hot-swap/service-selects-nothing.ts";
import strategyToRecreate from "./hot-swap/strategy-to-recreate.ts";
import targetPortUnresolved from "./hot-swap/target-port-unresolved.ts";
import pdbDeadlock from "./redundancy/pdb-deadlock.ts";
import pdbMissing from "./redundancy/pdb-missing.ts";
import pdbOverlap from "./redundancy/pdb-overlap.ts";
import pdbRemoved from "./redundancy/pdb-removed.ts";
import replicaReduction from "./redundancy/replica-reduction.ts";
import replicasRemovedUnderHpa from "./redundancy/replicas-removed-under-hpa.ts";
import singleReplicaServed from "./redundancy/single-replica-served.ts";
import deployCancelledInProgress from "./testing/deploy-cancelled-in-progress.ts";
import deployFailureIgnored from "./testing/deploy-failure-ignored.ts";
import deployTargetRemoved from "./testing/deploy-target-removed.ts";
import environmentRemoved from "./testing/environment-removed.ts";
import gateWeakened from "./testing/gate-weakened.ts";
import rolloutWaitRemoved from "./testing/rollout-wait-removed.ts";
import stageRemoved from "./testing/stage-removed.ts";
import stagingBypassed from "./testing/staging-bypassed.ts";
import immutableFieldChange from "./transition/immutable-field-change.ts";
import serviceSelectorFlip from "./transition/service-selector-flip.ts";
import volatileSelectorLabel from "./transition/volatile-selector-label.ts";
import type { Check } from "./define.ts";

/** Every check, in order of pillar and id. */
export const checks: readonly Check[] = [
  destructiveRemoval,
  backendDangling,
  graceArithmetic,
  readinessMissing,
  readinessRemoved,
  rolloutAvailabilityDip,
  rwoVolumeWithSurge,
  serviceSelectsNothing,
  strategyToRecreate,
  targetPortUnresolved,
  pdbDeadlock,
  pdbMissing,
  pdbOverlap,
  pdbRemoved,
  replicaReduction,
  replicasRemovedUnderHpa,
  singleReplicaServed,
  deployCancelledInProgress,
  deployFailureIgnored,
  deployTargetRemoved,
  environmentRemoved,
  gateWeakened,
  rolloutWaitRemoved,
  stageRemoved,
  stagingBypassed,
  immutableFieldChange,
  serviceSelectorFlip,
  volatileSelectorLabel,
];
