// Written by `npm run generate` from the files in this folder. Do not edit.
import backupWeakened from "./data/backup-weakened.ts";
import deployerRemoved from "./data/deployer-removed.ts";
import destructiveRemoval from "./data/destructive-removal.ts";
import kafkaTopicLoosened from "./data/kafka-topic-loosened.ts";
import retentionFlip from "./data/retention-flip.ts";
import storeOnPodDisk from "./data/store-on-pod-disk.ts";
import storeWithoutBackup from "./data/store-without-backup.ts";
import valuesStorageChanged from "./data/values-storage-changed.ts";
import faultInjected from "./degradation/fault-injected.ts";
import protectionRemoved from "./degradation/protection-removed.ts";
import protectionWeakened from "./degradation/protection-weakened.ts";
import analysisWeakened from "./hot-swap/analysis-weakened.ts";
import backendDangling from "./hot-swap/backend-dangling.ts";
import backendNotRunning from "./hot-swap/backend-not-running.ts";
import graceArithmetic from "./hot-swap/grace-arithmetic.ts";
import grantRemoved from "./hot-swap/grant-removed.ts";
import leaderElection from "./hot-swap/leader-election.ts";
import livenessEqualsReadiness from "./hot-swap/liveness-equals-readiness.ts";
import livenessImpatient from "./hot-swap/liveness-impatient.ts";
import livenessKillsStartup from "./hot-swap/liveness-kills-startup.ts";
import nodePlacementNarrowed from "./hot-swap/node-placement-narrowed.ts";
import priorityClassDangling from "./hot-swap/priority-class-dangling.ts";
import priorityLowered from "./hot-swap/priority-lowered.ts";
import probeHandlerSwitch from "./hot-swap/probe-handler-switch.ts";
import probePortUnresolvable from "./hot-swap/probe-port-unresolvable.ts";
import progressDeadline from "./hot-swap/progress-deadline.ts";
import progressiveDeliveryWeakened from "./hot-swap/progressive-delivery-weakened.ts";
import readinessMissing from "./hot-swap/readiness-missing.ts";
import readinessRemoved from "./hot-swap/readiness-removed.ts";
import rolloutAvailabilityDip from "./hot-swap/rollout-availability-dip.ts";
import rolloutPaused from "./hot-swap/rollout-paused.ts";
import rolloutRefused from "./hot-swap/rollout-refused.ts";
import routeParentRemoved from "./hot-swap/route-parent-removed.ts";
import rwoVolumeWithSurge from "./hot-swap/rwo-volume-with-surge.ts";
import serviceLabelOverlap from "./hot-swap/service-label-overlap.ts";
import serviceSelectsNothing from "./hot-swap/service-selects-nothing.ts";
import strategyToRecreate from "./hot-swap/strategy-to-recreate.ts";
import stsUpdateHazards from "./hot-swap/sts-update-hazards.ts";
import targetPortUnresolved from "./hot-swap/target-port-unresolved.ts";
import valuesResourcesChanged from "./hot-swap/values-resources-changed.ts";
import valuesRolloutWeakened from "./hot-swap/values-rollout-weakened.ts";
import valuesSwitchedOff from "./hot-swap/values-switched-off.ts";
import webhookLockout from "./hot-swap/webhook-lockout.ts";
import webhookUnanswered from "./hot-swap/webhook-unanswered.ts";
import alertBlind from "./observability/alert-blind.ts";
import alertLoosened from "./observability/alert-loosened.ts";
import alertRemoved from "./observability/alert-removed.ts";
import alertRoutingWeakened from "./observability/alert-routing-weakened.ts";
import cleanupWithoutAlert from "./observability/cleanup-without-alert.ts";
import monitorBroken from "./observability/monitor-broken.ts";
import recordingRuleRemoved from "./observability/recording-rule-removed.ts";
import unmonitoredWorkload from "./observability/unmonitored-workload.ts";
import valuesMonitoringOff from "./observability/values-monitoring-off.ts";
import hpaCannotCompute from "./redundancy/hpa-cannot-compute.ts";
import hpaConflict from "./redundancy/hpa-conflict.ts";
import hpaOverlap from "./redundancy/hpa-overlap.ts";
import hpaTargetMissing from "./redundancy/hpa-target-missing.ts";
import kafkaInSync from "./redundancy/kafka-in-sync.ts";
import limitRangeRefuses from "./redundancy/limit-range-refuses.ts";
import membersReduced from "./redundancy/members-reduced.ts";
import pdbDeadlock from "./redundancy/pdb-deadlock.ts";
import pdbMissing from "./redundancy/pdb-missing.ts";
import pdbOverlap from "./redundancy/pdb-overlap.ts";
import pdbRemoved from "./redundancy/pdb-removed.ts";
import pdbSelectsNothing from "./redundancy/pdb-selects-nothing.ts";
import quorumSize from "./redundancy/quorum-size.ts";
import quotaNeedsRequests from "./redundancy/quota-needs-requests.ts";
import replicaReduction from "./redundancy/replica-reduction.ts";
import replicasRemovedUnderHpa from "./redundancy/replicas-removed-under-hpa.ts";
import rolloutSchedulingDeadlock from "./redundancy/rollout-scheduling-deadlock.ts";
import singleReplicaServed from "./redundancy/single-replica-served.ts";
import spreadRemoved from "./redundancy/spread-removed.ts";
import spreadSelectorMismatch from "./redundancy/spread-selector-mismatch.ts";
import surgeVsQuota from "./redundancy/surge-vs-quota.ts";
import systemProtectionOff from "./redundancy/system-protection-off.ts";
import valuesBudgetWeakened from "./redundancy/values-budget-weakened.ts";
import valuesFewerReplicas from "./redundancy/values-fewer-replicas.ts";
import approvalRemoved from "./testing/approval-removed.ts";
import clusterTestRemoved from "./testing/cluster-test-removed.ts";
import criterionLowered from "./testing/criterion-lowered.ts";
import deployCancelledInProgress from "./testing/deploy-cancelled-in-progress.ts";
import deployFailureIgnored from "./testing/deploy-failure-ignored.ts";
import deployTargetRemoved from "./testing/deploy-target-removed.ts";
import deployUngated from "./testing/deploy-ungated.ts";
import deployUnpinned from "./testing/deploy-unpinned.ts";
import deploysMayOverlap from "./testing/deploys-may-overlap.ts";
import environmentRemoved from "./testing/environment-removed.ts";
import gateWeakened from "./testing/gate-weakened.ts";
import gradualDeployRemoved from "./testing/gradual-deploy-removed.ts";
import mergeSkipsPipelines from "./testing/merge-skips-pipelines.ts";
import requiredCheckNeverReports from "./testing/required-check-never-reports.ts";
import rolloutWaitRemoved from "./testing/rollout-wait-removed.ts";
import stageRemoved from "./testing/stage-removed.ts";
import stagingBypassed from "./testing/staging-bypassed.ts";
import testLegLost from "./testing/test-leg-lost.ts";
import testsNarrowed from "./testing/tests-narrowed.ts";
import testsSkipBranch from "./testing/tests-skip-branch.ts";
import testsSkipPaths from "./testing/tests-skip-paths.ts";
import amountSlip from "./transition/amount-slip.ts";
import apiRemoved from "./transition/api-removed.ts";
import configChangeNoRollout from "./transition/config-change-no-rollout.ts";
import configPruneRace from "./transition/config-prune-race.ts";
import contradictingFields from "./transition/contradicting-fields.ts";
import cronjobMissesRuns from "./transition/cronjob-misses-runs.ts";
import cronjobSuspended from "./transition/cronjob-suspended.ts";
import danglingConfigRef from "./transition/dangling-config-ref.ts";
import deployTargetMoved from "./transition/deploy-target-moved.ts";
import imageDowngrade from "./transition/image-downgrade.ts";
import immutableFieldChange from "./transition/immutable-field-change.ts";
import ingressClassChanged from "./transition/ingress-class-changed.ts";
import invalidField from "./transition/invalid-field.ts";
import manifestUnreadable from "./transition/manifest-unreadable.ts";
import mutableImage from "./transition/mutable-image.ts";
import networkPolicyLockout from "./transition/network-policy-lockout.ts";
import pathTakenOver from "./transition/path-taken-over.ts";
import refusedValue from "./transition/refused-value.ts";
import releaseMoved from "./transition/release-moved.ts";
import repeatedKey from "./transition/repeated-key.ts";
import resourcesCut from "./transition/resources-cut.ts";
import rightsRemoved from "./transition/rights-removed.ts";
import routeRemoved from "./transition/route-removed.ts";
import serviceExposureChanged from "./transition/service-exposure-changed.ts";
import servicePortRemoved from "./transition/service-port-removed.ts";
import serviceRemoved from "./transition/service-removed.ts";
import serviceSelectorFlip from "./transition/service-selector-flip.ts";
import storageChange from "./transition/storage-change.ts";
import syncPolicyChanged from "./transition/sync-policy-changed.ts";
import tlsSecretChanged from "./transition/tls-secret-changed.ts";
import valuesKeyUnread from "./transition/values-key-unread.ts";
import volatileSelectorLabel from "./transition/volatile-selector-label.ts";
import workloadRemoved from "./transition/workload-removed.ts";
import type { Check } from "./define.ts";

/** Every check, in order of pillar and id. */
export const checks: readonly Check[] = [
  backupWeakened,
  deployerRemoved,
  destructiveRemoval,
  kafkaTopicLoosened,
  retentionFlip,
  storeOnPodDisk,
  storeWithoutBackup,
  valuesStorageChanged,
  faultInjected,
  protectionRemoved,
  protectionWeakened,
  analysisWeakened,
  backendDangling,
  backendNotRunning,
  graceArithmetic,
  grantRemoved,
  leaderElection,
  livenessEqualsReadiness,
  livenessImpatient,
  livenessKillsStartup,
  nodePlacementNarrowed,
  priorityClassDangling,
  priorityLowered,
  probeHandlerSwitch,
  probePortUnresolvable,
  progressDeadline,
  progressiveDeliveryWeakened,
  readinessMissing,
  readinessRemoved,
  rolloutAvailabilityDip,
  rolloutPaused,
  rolloutRefused,
  routeParentRemoved,
  rwoVolumeWithSurge,
  serviceLabelOverlap,
  serviceSelectsNothing,
  strategyToRecreate,
  stsUpdateHazards,
  targetPortUnresolved,
  valuesResourcesChanged,
  valuesRolloutWeakened,
  valuesSwitchedOff,
  webhookLockout,
  webhookUnanswered,
  alertBlind,
  alertLoosened,
  alertRemoved,
  alertRoutingWeakened,
  cleanupWithoutAlert,
  monitorBroken,
  recordingRuleRemoved,
  unmonitoredWorkload,
  valuesMonitoringOff,
  hpaCannotCompute,
  hpaConflict,
  hpaOverlap,
  hpaTargetMissing,
  kafkaInSync,
  limitRangeRefuses,
  membersReduced,
  pdbDeadlock,
  pdbMissing,
  pdbOverlap,
  pdbRemoved,
  pdbSelectsNothing,
  quorumSize,
  quotaNeedsRequests,
  replicaReduction,
  replicasRemovedUnderHpa,
  rolloutSchedulingDeadlock,
  singleReplicaServed,
  spreadRemoved,
  spreadSelectorMismatch,
  surgeVsQuota,
  systemProtectionOff,
  valuesBudgetWeakened,
  valuesFewerReplicas,
  approvalRemoved,
  clusterTestRemoved,
  criterionLowered,
  deployCancelledInProgress,
  deployFailureIgnored,
  deployTargetRemoved,
  deployUngated,
  deployUnpinned,
  deploysMayOverlap,
  environmentRemoved,
  gateWeakened,
  gradualDeployRemoved,
  mergeSkipsPipelines,
  requiredCheckNeverReports,
  rolloutWaitRemoved,
  stageRemoved,
  stagingBypassed,
  testLegLost,
  testsNarrowed,
  testsSkipBranch,
  testsSkipPaths,
  amountSlip,
  apiRemoved,
  configChangeNoRollout,
  configPruneRace,
  contradictingFields,
  cronjobMissesRuns,
  cronjobSuspended,
  danglingConfigRef,
  deployTargetMoved,
  imageDowngrade,
  immutableFieldChange,
  ingressClassChanged,
  invalidField,
  manifestUnreadable,
  mutableImage,
  networkPolicyLockout,
  pathTakenOver,
  refusedValue,
  releaseMoved,
  repeatedKey,
  resourcesCut,
  rightsRemoved,
  routeRemoved,
  serviceExposureChanged,
  servicePortRemoved,
  serviceRemoved,
  serviceSelectorFlip,
  storageChange,
  syncPolicyChanged,
  tlsSecretChanged,
  valuesKeyUnread,
  volatileSelectorLabel,
  workloadRemoved,
];
