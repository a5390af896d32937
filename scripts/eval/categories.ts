/**
 * Which checks can name a hazard of a category: the category of a labelled change → ids of checks. A finding of any
 * other check does not count, however near it stands. Ids that are not in the registry are checks still to come.
 */
export const CATEGORIES: Readonly<Record<string, readonly string[]>> = {
  // Redundancy
  "hpa-conflict": [
    "hpa-conflict",
    "hpa-overlap",
    "hpa-target-missing",
    "replicas-removed-under-hpa",
    "replica-reduction",
    "values-fewer-replicas",
  ],
  "hpa-disabled": ["replica-reduction", "hpa-target-missing", "hpa-cannot-compute", "values-fewer-replicas"],
  "hpa-max-reduced": ["replica-reduction", "values-fewer-replicas"],
  "hpa-min-reduced": ["replica-reduction", "single-replica-served", "pdb-deadlock", "values-fewer-replicas"],
  "hpa-removed": [
    "replica-reduction",
    "single-replica-served",
    "hpa-target-missing",
    "values-fewer-replicas",
  ],
  "anti-affinity-removed": [
    "spread-removed",
    "spread-selector-mismatch",
    "rollout-scheduling-deadlock",
    "system-protection-off",
    "values-budget-weakened",
  ],
  "pdb-blocks-drain": ["pdb-deadlock", "pdb-overlap", "values-budget-weakened"],
  "pdb-loosened": ["pdb-removed", "pdb-loosened", "values-budget-weakened"],
  "pdb-removed": [
    "pdb-removed",
    "pdb-missing",
    "pdb-selects-nothing",
    "system-protection-off",
    "values-budget-weakened",
  ],
  "replicas-reduced": [
    "replica-reduction",
    "members-reduced",
    "single-replica-served",
    "pdb-deadlock",
    "values-fewer-replicas",
  ],
  "replicas-removed": [
    "replicas-removed-under-hpa",
    "replica-reduction",
    "members-reduced",
    "single-replica-served",
    "values-fewer-replicas",
  ],

  // Hot swap
  "grace-period-invalid": ["grace-arithmetic", "invalid-field"],
  "grace-period-reduced": ["grace-arithmetic", "values-rollout-weakened"],
  "liveness-added": ["liveness-kills-startup", "liveness-equals-readiness", "liveness-impatient"],
  "misplaced-field": ["invalid-field", "repeated-key"],
  "prestop-exceeds-grace": ["grace-arithmetic"],
  "prestop-removed": ["grace-arithmetic", "prestop-removed", "values-rollout-weakened"],
  "probe-removed": [
    "readiness-removed",
    "readiness-missing",
    "probe-handler-switch",
    "probe-port-unresolvable",
    "values-rollout-weakened",
  ],
  "probe-weakened": [
    "readiness-removed",
    "liveness-kills-startup",
    "probe-port-unresolvable",
    "values-rollout-weakened",
    "liveness-impatient",
  ],
  "resources-raised": [
    "surge-vs-quota",
    "limit-range-refuses",
    "values-resources-changed",
    "quota-needs-requests",
    "amount-slip",
  ],
  "resources-reduced": [
    "resources-cut",
    "hpa-cannot-compute",
    "values-resources-changed",
    "quota-needs-requests",
    "amount-slip",
  ],
  "strategy-changed": [
    "rollout-paused",
    "progressive-delivery-weakened",
    "progress-deadline",
    "sts-update-hazards",
    "rollout-availability-dip",
    "strategy-to-recreate",
    "rwo-volume-with-surge",
    "values-rollout-weakened",
  ],
  "strategy-recreate": ["strategy-to-recreate", "rollout-availability-dip", "values-rollout-weakened"],
  "invalid-field": [
    "invalid-field",
    "contradicting-fields",
    "refused-value",
    "repeated-key",
    "values-key-unread",
    "manifest-unreadable",
  ],

  // Traffic and references
  "ingress-class-changed": [
    "ingress-class-changed",
    "route-removed",
    "service-selector-flip",
    "values-switched-off",
  ],
  "ingress-host-changed": ["route-removed", "values-switched-off"],
  "ingress-removed": [
    "route-removed",
    "route-parent-removed",
    "values-switched-off",
    "grant-removed",
    "path-taken-over",
  ],
  "ingress-renamed": ["route-removed", "ingress-class-changed"],
  "maintenance-mode": [
    "replica-reduction",
    "service-selects-nothing",
    "service-selector-flip",
    "backend-dangling",
    "values-switched-off",
  ],
  "networkpolicy-added": ["network-policy-lockout"],
  "selector-changed": [
    "immutable-field-change",
    "service-selector-flip",
    "service-selects-nothing",
    "volatile-selector-label",
  ],
  "service-clusterip-changed": ["immutable-field-change", "service-exposure-changed"],
  "service-label-overlap": ["service-label-overlap", "target-port-unresolved"],
  "service-port-changed": ["target-port-unresolved", "backend-dangling", "service-port-removed"],
  "service-removed": ["backend-dangling", "destructive-removal", "service-removed"],
  "service-selector-changed": ["service-selector-flip", "service-selects-nothing"],
  "service-traffic-policy-changed": ["service-exposure-changed"],
  "service-type-changed": ["service-exposure-changed", "route-removed", "values-switched-off"],
  "tls-changed": ["tls-secret-changed", "route-removed", "dangling-config-ref"],
  "workload-removed": [
    "workload-removed",
    "release-moved",
    "deploy-target-moved",
    "deployer-removed",
    "backend-not-running",
    "destructive-removal",
    "backend-dangling",
    "service-selects-nothing",
    "service-removed",
    "route-removed",
    "values-switched-off",
  ],

  // Data, immutability, API
  "crd-removed": ["destructive-removal", "api-removed"],
  "cronjob-changed": ["cronjob-misses-runs"],
  "cronjob-suspended": ["cronjob-suspended", "backup-weakened", "values-switched-off"],
  "datastore-replaced": [
    "destructive-removal",
    "deployer-removed",
    "store-on-pod-disk",
    "storage-change",
    "target-port-unresolved",
    "image-downgrade",
  ],
  "image-downgrade": ["image-downgrade"],
  "image-latest": ["mutable-image", "values-rollout-weakened"],
  "kind-changed": ["destructive-removal", "immutable-field-change"],
  "pvc-removed": ["destructive-removal", "storage-change", "values-storage-changed"],
  "pvc-shrunk": ["storage-change", "immutable-field-change", "values-storage-changed"],
  "statefulset-immutable": ["immutable-field-change"],
  "storage-changed": [
    "immutable-field-change",
    "storage-change",
    "destructive-removal",
    "values-storage-changed",
  ],

  "backup-weakened": ["backup-weakened", "retention-flip", "kafka-topic-loosened"],
  "config-removed": ["config-prune-race", "dangling-config-ref"],
  "priority-class-removed": ["priority-class-dangling", "priority-lowered"],

  // What stands over other workloads
  "node-placement-changed": ["node-placement-narrowed"],
  "rights-removed": ["rights-removed"],
  "leader-election-removed": ["leader-election"],
  "webhook-added": ["webhook-lockout", "webhook-unanswered"],

  // Stores, quorum and what keeps the cluster like the files
  "quorum-lost": ["quorum-size", "kafka-in-sync"],
  "store-without-backup": ["store-without-backup"],
  "sync-policy-changed": ["sync-policy-changed"],
  "config-changed": ["config-change-no-rollout"],

  // Degradation, and new versions on their way to users
  "protection-removed": ["protection-removed", "protection-weakened"],
  "fault-injected": ["fault-injected"],
  "progressive-delivery": ["progressive-delivery-weakened", "analysis-weakened", "rollout-refused"],

  // Observability
  "alert-routing-changed": ["alert-routing-weakened"],
  "recording-rule-removed": ["recording-rule-removed"],
  "renamed-under-alert": ["alert-blind"],
  "workload-unmonitored": ["unmonitored-workload"],
  "alert-loosened": ["alert-loosened", "cleanup-without-alert", "values-monitoring-off"],
  "alert-removed": ["alert-removed", "monitor-broken", "cleanup-without-alert", "values-monitoring-off"],

  // Test stages
  "always-added": ["gate-weakened", "staging-bypassed"],
  "concurrency-changed": ["deploy-cancelled-in-progress", "deploys-may-overlap"],
  "continue-on-error-added": ["gate-weakened", "deploy-failure-ignored"],
  "deploy-added": ["deploy-ungated"],
  "deploy-gate-removed": ["gate-weakened", "approval-removed"],
  "deploy-target-removed": ["deploy-target-removed"],
  "environment-removed": ["gate-weakened", "environment-removed", "approval-removed"],
  "needs-dropped": ["gate-weakened", "stage-removed", "staging-bypassed"],
  "required-check-renamed": ["required-check-never-reports", "gate-weakened"],
  "rollout-wait-removed": ["rollout-wait-removed", "gradual-deploy-removed"],
  "skip-marker": ["merge-skips-pipelines"],
  "tests-removed-from-workflow": [
    "cluster-test-removed",
    "stage-removed",
    "gate-weakened",
    "tests-narrowed",
    "tests-skip-paths",
    "tests-skip-branch",
    "test-leg-lost",
    "criterion-lowered",
  ],
  "unpinned-path": ["deploy-unpinned"],
};

/** The checks that fit a case: those of its category and of its secondary categories. */
export function fitting(categories: readonly string[]): ReadonlySet<string> {
  return new Set(categories.flatMap((category) => CATEGORIES[category] ?? []));
}
