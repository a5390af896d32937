import { setScalar } from "../../engine/edit.ts";
import { isObject } from "../../engine/json.ts";
import { membersIn } from "../../engine/member-falls.ts";
import type { Guard } from "../../engine/system-types.ts";
import { placesOf, systemOf } from "../../engine/systems.ts";
import type { FieldPath, Json, Manifest, Problem } from "../../engine/types.ts";
import { scalarText } from "../../engine/words.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities } from "../define.ts";

const database = (spec: string, instances = 3) => `apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: { name: orders-db, namespace: shop }
spec:
  instances: ${instances}
  ${spec}
`;

const galera = (key: string) => `apiVersion: pxc.percona.com/v1
kind: PerconaXtraDBCluster
metadata: { name: carts, namespace: shop }
spec:
  pxc:
    size: 3
    affinity:
      antiAffinityTopologyKey: ${key}
`;

const patroni = (mode: string) => `apiVersion: acid.zalan.do/v1
kind: postgresql
metadata: { name: ledger, namespace: shop }
spec:
  numberOfInstances: 3
  patroni:
    ${mode}
`;

const MARK = " # <- finding";
const SYNCHRONOUS = "synchronous: { method: any, number: 1 }";

export default defineCheck({
  kind: "transition",
  id: "system-protection-off",
  title: "An operator no longer protects the members of a system",
  pillar: "redundancy",
  severity: severities("warning", "warning", "notice"),
  confidence: "certain",
  why: "Nothing happens on the day of the change. But without a budget a node drain takes several members at once, without anti-affinity all members on one node are lost with it, and without synchronous replication a failover loses what users stored last.",
  fix: "Keep the setting. If the budget blocks a node drain, run one member more instead of taking the budget away.",
  references: [
    "https://cloudnative-pg.io/documentation/current/kubernetes_upgrade/",
    "https://cloudnative-pg.io/documentation/current/scheduling/",
    "https://patroni.readthedocs.io/en/latest/replication_modes.html",
  ],
  unsafe: [
    {
      title: "the budget is switched off",
      before: database("enablePDB: true"),
      after: database(`enablePDB: false${MARK}`),
    },
    {
      title: "members may share a node",
      before: galera("kubernetes.io/hostname"),
      after: galera(`none${MARK}`),
    },
    {
      title: "stand-bys are no longer waited for",
      before: patroni("synchronous_mode: true"),
      after: patroni(`synchronous_mode: false${MARK}`),
    },
    {
      title: "writes go on where no stand-by has them",
      before: database(`postgresql:\n    ${SYNCHRONOUS}`),
      after: database(
        `postgresql:\n    synchronous:\n      method: any\n      number: 1\n      dataDurability: preferred${MARK}`,
      ),
    },
  ],
  safe: [
    {
      title: "a single instance, which no budget can protect",
      before: database("enablePDB: true", 1),
      after: database("enablePDB: false", 1),
    },
    {
      title: "synchronous replication is written the newer way",
      before: database("minSyncReplicas: 1\n  maxSyncReplicas: 1"),
      after: database(`postgresql:\n    ${SYNCHRONOUS}`),
    },
    {
      title: "rules of its own take the place of the operator's",
      before: database("affinity: { enablePodAntiAffinity: true }"),
      after: database(
        "affinity: { enablePodAntiAffinity: false, additionalPodAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: kubernetes.io/hostname }] } }",
      ),
    },
    {
      title: "rules written out take the place of the operator's key",
      before: galera("kubernetes.io/hostname"),
      after: galera("none\n      advanced: { podAntiAffinity: {} }"),
    },
    {
      title: "it was off before",
      before: database("enablePDB: false"),
      after: database("enablePDB: false\n  logLevel: debug"),
    },
    {
      title: "the default is written out",
      before: database("logLevel: info"),
      after: database("enablePDB: true"),
    },
  ],

  *run({ changes, after: world }) {
    for (const change of changes) {
      if (change.kind !== "kept" || change.before.object === change.after.object) continue;
      const guards = systemOf(change.after)?.guards ?? [];
      if (guards.length > 0 && hasSeveral(change.after, world)) yield* weakened(change, guards);
    }
  },
});

/** One member has nothing to be protected from that such a setting could keep away. */
function hasSeveral(manifest: Manifest, world: World): boolean {
  return membersIn(manifest, world).some(({ count }) => count !== 0 && count !== 1);
}

interface Sides {
  readonly before: Manifest;
  readonly after: Manifest;
}

/** Of several settings that do the same, one is enough. */
function* weakened(sides: Sides, guards: readonly Guard[]): Iterable<Problem> {
  for (const [kind, alike] of Map.groupBy(guards, (guard) => guard.kind)) {
    const [lost] = alike.flatMap((guard) => lostIn(sides, guard));
    const stands = alike.some(({ path, off }) =>
      placesOf(sides.after, path).some((place) => !off(sides.after.get(...place.path))),
    );
    if (lost && !stands) yield problem(sides.after, kind, lost);
  }
}

interface Lost {
  readonly path: FieldPath;
  readonly old: Json | undefined;
}

function lostIn({ before, after }: Sides, { path: rule, off, unless, beside }: Guard): Lost[] {
  if (unless && after.get(...unless) !== undefined) return [];
  if (beside && (before.get(...beside) === undefined || after.get(...beside) === undefined)) return [];
  const old = new Map(placesOf(before, rule).map(({ name, path }) => [name, path]));
  return placesOf(after, rule).flatMap(({ name, path }) => {
    const was = old.get(name);
    if (!was || off(before.get(...was)) || !off(after.get(...path))) return [];
    return [{ path, old: before.get(...was) }];
  });
}

const EFFECTS: Readonly<Record<Guard["kind"], string>> = {
  disruptions: "a node drain may take several of its members at once, the primary among them.",
  spread: "its members may share a node, and are lost together with it.",
  synchronous:
    "a write is confirmed before a second member has it, so a failover loses what users stored last.",
  durability:
    "while no stand-by is in reach, writes are confirmed that only the primary has; if it is lost then, so are they.",
};

function problem(after: Manifest, kind: Guard["kind"], { path, old }: Lost): Problem {
  const now = after.get(...path);
  const name = path.join(".");
  const was = old === undefined ? "the default" : isObject(old) ? "its rules" : scalarText(old);
  const said =
    now === undefined ? `no longer has ${name}` : `has ${name}: ${scalarText(now)} instead of ${was}`;
  const suggestion =
    isObject(old) || now === undefined ? undefined : setScalar(after, path, scalarText(old ?? true));
  return {
    subject: after,
    key: kind,
    at: after.locate(...path),
    message: `${after.ref} ${said}: ${EFFECTS[kind]}`,
    fix: fix(after, name, old),
    ...(suggestion && kind !== "durability" && { suggestion }),
  };
}

function fix({ ref }: Manifest, name: string, old: Json | undefined): string {
  if (old === undefined) return `Take ${name} out of ${ref} again.`;
  return isObject(old) ? `Keep ${name} of ${ref} as it was.` : `Keep ${name}: ${scalarText(old)} in ${ref}.`;
}
