import type { Finding, FloorRow, Floors, Report, StageRow, Subject } from "../../src/engine/types.ts";

/** A subject out of its ref. */
export function subject(ref: string): Subject {
  const parts = ref.split("/");
  const [kind = "", namespace = "", name = ""] = parts.length === 3 ? parts : [parts[0], "", parts[1]];
  return { ref, kind, namespace, name, labels: {} };
}

const at = (path: string, line: number, side: "base" | "head" = "head") => ({
  side,
  path,
  line,
  column: 5,
  endLine: line,
  endColumn: 16,
});

/** An introduced error; a test says what is different. */
export function finding(different: Partial<Finding> = {}): Finding {
  return {
    check: "service-selects-nothing",
    title: "A Service selects no pod",
    pillar: "hot-swap",
    severity: "error",
    tier: "critical",
    standing: "introduced",
    subject: subject("Service/shop/web"),
    units: ["deploy/production"],
    environment: "production",
    at: at("deploy/production/service.yaml", 9),
    message:
      "Service/shop/web selects `app=web-v2`, which no pod has any more. Its users get connection errors from the moment this is applied.",
    fix: "Select `app=web`, or give the pods of Deployment/shop/web that label first.",
    fingerprint: "00000000000000a1",
    ...different,
  };
}

const floors = (
  replicas: number,
  [rollout, drain, loss, zone, both]: readonly [number, number, number, number, number],
): Floors => ({
  replicas,
  events: {
    rollout,
    "node-drain": drain,
    "node-loss": loss,
    "zone-loss": zone,
    "rollout-node-loss": both,
  },
  stuck: {},
});

const steady: FloorRow = {
  workload: "Deployment/shop/cart",
  unit: "deploy/production",
  tier: "standard",
  served: true,
  before: floors(3, [3, 2, 2, 1, 2]),
  after: floors(3, [3, 2, 2, 1, 2]),
};

const deploy: StageRow = {
  deploy: ".github/workflows/release.yml#ship",
  environment: "production",
  at: at(".github/workflows/release.yml", 31),
  cells: [
    {
      stage: "unit",
      verdict: "required",
      reason: "job test runs `npm test`; ship needs it",
      at: at(".github/workflows/release.yml", 8),
    },
    { stage: "acceptance", verdict: "skippable", reason: "job e2e has if: github.ref == 'refs/heads/main'" },
    { stage: "performance", verdict: "absent", reason: "no job runs a load test" },
    { stage: "stress", verdict: "capability", reason: "soak.yml runs on a schedule only" },
    { stage: "rollback", verdict: "unknown", reason: "shop/pipelines/rollback.yml is in another repository" },
    { stage: "data-restore", verdict: "absent", reason: "no job restores a backup" },
    { stage: "penetration", verdict: "advisory", reason: "job zap has continue-on-error: true" },
  ],
  practices: [
    { practice: "staging-first", kept: "yes", reason: "job staging must have deployed to staging" },
    { practice: "gradual", kept: "unknown", reason: "what it deploys could not be told from its commands" },
    { practice: "tested-together", kept: "no", reason: "no acceptance test runs against a cluster" },
    { practice: "waits-for-rollout", kept: "yes", reason: "`helm upgrade --install shop ./chart --wait`" },
    { practice: "rolls-back", kept: "no", reason: "nothing goes back when it fails" },
    { practice: "never-cancelled", kept: "yes", reason: "nothing cancels it half-way" },
  ],
  path: [
    { id: "start", name: "a push to main", kind: "start", stages: [], gates: false, after: [] },
    { id: "test", name: "test", kind: "test", stages: ["unit"], gates: true, after: ["start"] },
    { id: "zap", name: "zap", kind: "test", stages: ["penetration"], gates: false, after: ["test"] },
    { id: "staging", name: "staging", kind: "staging", stages: [], gates: true, after: ["test"] },
    { id: "ship", name: "ship", kind: "deploy", stages: [], gates: false, after: ["staging"] },
  ],
};

/** One of everything. */
export const rich: Report = {
  version: 1,
  base: "1111111111111111111111111111111111111111",
  head: "2222222222222222222222222222222222222222",
  verdicts: { "zero-downtime": "fail", "test-stages": "fail" },
  findings: [
    finding({
      suggestion: { path: "deploy/production/service.yaml", line: 9, endLine: 9, text: "    app: web" },
    }),
    finding({
      check: "pdb-removed",
      title: "A budget goes away",
      pillar: "redundancy",
      subject: subject("PodDisruptionBudget/shop/web"),
      at: at("deploy/production/pdb.yaml", 1, "base"),
      message:
        "PodDisruptionBudget/shop/web is gone, and Deployment/shop/web is still there. A node drain may evict all 3 pods at once.",
      fix: "Keep the budget.",
      fingerprint: "00000000000000a2",
    }),
    finding({
      check: "rollout-availability-dip",
      title: "A rollout leaves too few pods ready",
      severity: "warning",
      standing: "worsened",
      tier: "standard",
      subject: subject("Deployment/shop/web"),
      units: ["a", "b", "c", "d", "e", "f"],
      at: at("deploy/base/web.yaml", 14),
      message: "maxUnavailable 75% of 3 pods leaves 1 of 3 ready in a rollout; before it was 2.",
      fix: "Set maxUnavailable: 1.",
      fingerprint: "00000000000000a3",
    }),
    finding({
      check: "gate-weakened",
      title: "A test no longer gates the deploy",
      pillar: "testing",
      severity: "warning",
      tier: "standard",
      subject: subject(".github/workflows/release.yml#ship"),
      units: [],
      at: at(".github/workflows/release.yml", 33),
      message: "ship no longer needs e2e, so a failed acceptance test does not stop the deploy.",
      fix: "Write `needs: [test, e2e]` again.",
      fingerprint: "00000000000000b1",
    }),
    finding({
      check: "single-replica",
      title: "A served workload has one pod",
      subject: subject("Deployment/legacy/importer"),
      at: at("deploy/legacy.yaml", 7),
      fingerprint: "00000000000000a4",
      waiver: {
        check: "single-replica",
        subject: "Deployment/legacy/*",
        until: "2027-01-31",
        reason: "moves to a Job in Q1",
        by: "@platform-team",
      },
    }),
    finding({
      check: "pdb-missing",
      title: "A workload has no budget",
      severity: "warning",
      standing: "existing",
      subject: subject("Deployment/shop/search"),
      at: at("deploy/search.yaml", 1),
      fingerprint: "00000000000000a5",
    }),
    finding({
      check: "readiness-missing",
      title: "A container has no readiness probe",
      standing: "fixed",
      subject: subject("Deployment/shop/cart"),
      at: at("deploy/cart.yaml", 20, "base"),
      fingerprint: "00000000000000a6",
    }),
  ],
  floors: [
    steady,
    {
      workload: "Deployment/shop/web",
      unit: "deploy/production",
      tier: "critical",
      served: true,
      before: floors(3, [3, 2, 2, 2, 2]),
      after: {
        ...floors(3, [1, 2, 2, 3, 0]),
        stuck: { "node-drain": "PodDisruptionBudget/shop/all allows 0 disruptions" },
      },
    },
    {
      workload: "Deployment/shop/new",
      unit: ".",
      tier: "best-effort",
      served: false,
      after: floors(1, [1, 0, 0, 0, 0]),
    },
    {
      workload: "Deployment/shop/old",
      unit: ".",
      tier: "standard",
      served: true,
      before: floors(2, [2, 1, 1, 1, 1]),
    },
    {
      workload: "DaemonSet/shop/proxy",
      unit: "deploy/production",
      tier: "standard",
      served: true,
      before: { lacking: 1 },
      after: { lacking: "25%" },
    },
  ],
  protections: [
    {
      route: "Ingress/shop/web",
      workload: "Deployment/shop/web",
      unit: "deploy/production",
      before: { retry: "proxy-next-upstream: error timeout http_503", timeout: "proxy-read-timeout: 20" },
      after: { timeout: "proxy-read-timeout: 20" },
    },
    { route: "Service/shop/new", workload: "Deployment/shop/new", unit: ".", after: {} },
  ],
  stages: [deploy],
  fidelity: [
    {
      staging: "deploy/staging",
      production: "deploy/production",
      differences: [
        { subject: "Deployment/shop/web", aspect: "replicas", staging: "1", production: "3" },
        {
          subject: "PodDisruptionBudget/shop/web",
          aspect: "object",
          staging: "missing",
          production: "there",
        },
      ],
    },
  ],
  demands: {
    unit: "required",
    acceptance: "required",
    performance: "advised",
    stress: "advised",
    rollback: "required",
    "data-restore": "off",
    penetration: "advised",
  },
  notes: [
    { path: "charts/shop", message: "This chart was not rendered; name its values in the policy." },
    {
      path: ".github/workflows/nightly.yml",
      line: 3,
      message: "This pipeline is not valid YAML.",
      run: "test-stages",
    },
  ],
  scope: { manifests: 42, units: 3, pipelines: 2 },
};

/** Nothing found. */
export const clean: Report = {
  ...rich,
  verdicts: { "zero-downtime": "pass", "test-stages": "pass" },
  findings: [],
  floors: [steady],
  protections: [],
  stages: [],
  notes: [],
  fidelity: [],
  demands: { ...rich.demands, unit: "advised", acceptance: "advised", rollback: "advised" },
  scope: { manifests: 3, units: 1, pipelines: 1 },
};
