// Written by `npm run generate` from the files in this folder. Do not edit.
import backupWeakened from "./data/backup-weakened.ts";
import destructiveRemoval from "./data/destructive-removal.ts";
import retentionFlip from "./data/retention-flip.ts";
import valuesStorageChanged from "./data/values-storage-changed.ts";
import backendDangling from "./hot-swap/backend-dangling.ts";
import graceArithmetic from "./hot-swap/grace-arithmetic.ts";
import readinessMissing from "./hot-swap/readiness-missing.ts";
import readinessRemoved from "./hot-swap/readiness-removed.ts";
import rolloutAvailabilityDip from "./hot-swap/rollout-availability-dip.ts";
import rwoVolumeWithSurge from "./hot-swap/rwo-volume-with-surge.ts";
import serviceLabelOverlap from "./hot-swap/service-label-overlap.ts";
import serviceSelectsNothing from "./hot-swap/service-selects-nothing.ts";
import strategyToRecreate from "./hot-swap/strategy-to-recreate.ts";
import targetPortUnresolved from "./hot-swap/target-port-unresolved.ts";
import valuesResourcesChanged from "./hot-swap/values-resources-changed.ts";
import valuesRolloutWeakened from "./hot-swap/values-rollout-weakened.ts";
import valuesSwitchedOff from "./hot-swap/values-switched-off.ts";
import alertLoosened from "./observability/alert-loosened.ts";
import alertRemoved from "./observability/alert-removed.ts";
import cleanupWithoutAlert from "./observability/cleanup-without-alert.ts";
import monitorBroken from "./observability/monitor-broken.ts";
import valuesMonitoringOff from "./observability/values-monitoring-off.ts";
import pdbDeadlock from "./redundancy/pdb-deadlock.ts";
import pdbMissing from "./redundancy/pdb-missing.ts";
import pdbOverlap from "./redundancy/pdb-overlap.ts";
import pdbRemoved from "./redundancy/pdb-removed.ts";
import replicaReduction from "./redundancy/replica-reduction.ts";
import replicasRemovedUnderHpa from "./redundancy/replicas-removed-under-hpa.ts";
import singleReplicaServed from "./redundancy/single-replica-served.ts";
import valuesBudgetWeakened from "./redundancy/values-budget-weakened.ts";
import valuesFewerReplicas from "./redundancy/values-fewer-replicas.ts";
import deployCancelledInProgress from "./testing/deploy-cancelled-in-progress.ts";
import deployFailureIgnored from "./testing/deploy-failure-ignored.ts";
import deployTargetRemoved from "./testing/deploy-target-removed.ts";
import environmentRemoved from "./testing/environment-removed.ts";
import gateWeakened from "./testing/gate-weakened.ts";
import rolloutWaitRemoved from "./testing/rollout-wait-removed.ts";
import stageRemoved from "./testing/stage-removed.ts";
import stagingBypassed from "./testing/staging-bypassed.ts";
import cronjobSuspended from "./transition/cronjob-suspended.ts";
import imageDowngrade from "./transition/image-downgrade.ts";
import immutableFieldChange from "./transition/immutable-field-change.ts";
import ingressClassChanged from "./transition/ingress-class-changed.ts";
import mutableImage from "./transition/mutable-image.ts";
import routeRemoved from "./transition/route-removed.ts";
import serviceExposureChanged from "./transition/service-exposure-changed.ts";
import servicePortRemoved from "./transition/service-port-removed.ts";
import serviceRemoved from "./transition/service-removed.ts";
import serviceSelectorFlip from "./transition/service-selector-flip.ts";
import storageChange from "./transition/storage-change.ts";
import tlsSecretChanged from "./transition/tls-secret-changed.ts";
import volatileSelectorLabel from "./transition/volatile-selector-label.ts";
import type { Check } from "./define.ts";

/** Every check, in order of pillar and id. */
export const checks: readonly Check[] = [
  backupWeakened,
  destructiveRemoval,
  retentionFlip,
  valuesStorageChanged,
  backendDangling,
  graceArithmetic,
  readinessMissing,
  readinessRemoved,
  rolloutAvailabilityDip,
  rwoVolumeWithSurge,
  serviceLabelOverlap,
  serviceSelectsNothing,
  strategyToRecreate,
  targetPortUnresolved,
  valuesResourcesChanged,
  valuesRolloutWeakened,
  valuesSwitchedOff,
  alertLoosened,
  alertRemoved,
  cleanupWithoutAlert,
  monitorBroken,
  valuesMonitoringOff,
  pdbDeadlock,
  pdbMissing,
  pdbOverlap,
  pdbRemoved,
  replicaReduction,
  replicasRemovedUnderHpa,
  singleReplicaServed,
  valuesBudgetWeakened,
  valuesFewerReplicas,
  deployCancelledInProgress,
  deployFailureIgnored,
  deployTargetRemoved,
  environmentRemoved,
  gateWeakened,
  rolloutWaitRemoved,
  stageRemoved,
  stagingBypassed,
  cronjobSuspended,
  imageDowngrade,
  immutableFieldChange,
  ingressClassChanged,
  mutableImage,
  routeRemoved,
  serviceExposureChanged,
  servicePortRemoved,
  serviceRemoved,
  serviceSelectorFlip,
  storageChange,
  tlsSecretChanged,
  volatileSelectorLabel,
];
