import { expect, test } from "@jest/globals";
import { fieldName, immutableChanges } from "../../src/engine/immutable.ts";
import { fileReader, manifestsOf } from "../../src/engine/manifest.ts";
import type { Manifest, Side } from "../../src/engine/types.ts";

function manifest(text: string, side: Side): Manifest {
  const file = fileReader()({ sha: text, text });
  const [only] = manifestsOf(file, { path: "a.yaml", side, source: text });
  if (!only) throw new Error("the example holds no manifest");
  return only;
}

/** The fields refused, `?` after those that depend on the live object. */
function refused(kind: string, before: string, after: string): string[] {
  const text = (fields: string) =>
    `apiVersion: ${kind.replace(/\/?[^/]+$/, "") || "v1"}\nkind: ${/[^/]+$/.exec(kind)?.[0] ?? ""}\nmetadata: { name: x }\n${fields}\n`;
  return immutableChanges(manifest(text(before), "base"), manifest(text(after), "head")).map(
    ({ path, certain }) => `${fieldName(path)}${certain ? "" : "?"}`,
  );
}

const POD = "template: { metadata: { labels: { app: x } }, spec: { containers: [] } }";
const select = (labels: string) => `spec: { selector: { matchLabels: { ${labels} } }, ${POD} }`;

test.each<[string, string, string, string]>([
  ["apps/v1/Deployment", select("app: x"), select("app: x, tier: y"), "spec.selector"],
  ["apps/v1/DaemonSet", select("app: x"), select("app: y"), "spec.selector"],
  [
    "apps/v1/StatefulSet",
    `spec: { serviceName: a, ${POD} }`,
    `spec: { serviceName: b, ${POD} }`,
    "spec.serviceName",
  ],
  ["batch/v1/Job", "spec: { completions: 1 }", "spec: { completions: 2 }", "spec.completions"],
  [
    "v1/PersistentVolumeClaim",
    "spec: { accessModes: [ReadWriteOnce] }",
    "spec: { accessModes: [ReadWriteMany] }",
    "spec.accessModes",
  ],
  ["v1/PersistentVolumeClaim", "spec: { storageClassName: fast }", "spec: {}", "spec.storageClassName"],
  ["v1/PersistentVolume", "spec: { nfs: { path: /a } }", "spec: { nfs: { path: /b } }", "spec.nfs"],
  ["storage.k8s.io/v1/StorageClass", "parameters: { type: gp2 }", "parameters: { type: gp3 }", "parameters"],
  [
    "storage.k8s.io/v1/StorageClass",
    "provisioner: ebs",
    "provisioner: ebs\nreclaimPolicy: Retain",
    "reclaimPolicy",
  ],
  ["v1/Service", "spec: { clusterIP: None }", "spec: { clusterIP: 10.0.0.7 }", "spec.clusterIP"],
  ["v1/Service", "spec: {}", "spec: { clusterIP: 10.0.0.7 }", "spec.clusterIP?"],
  [
    "v1/Service",
    "spec: { type: LoadBalancer }",
    "spec: { type: LoadBalancer, loadBalancerClass: a/b }",
    "spec.loadBalancerClass",
  ],
  ["v1/Service", "spec: { ipFamilies: [IPv4] }", "spec: { ipFamilies: [IPv6, IPv4] }", "spec.ipFamilies"],
  ["v1/Secret", "data: {}", "type: kubernetes.io/tls", "type"],
  ["v1/ConfigMap", "immutable: true\ndata: { a: b }", "immutable: true\ndata: { a: c }", "data"],
  ["v1/ConfigMap", "immutable: true\ndata: { a: b }", "data: { a: b }", "immutable"],
  [
    "rbac.authorization.k8s.io/v1/RoleBinding",
    "roleRef: { kind: Role, name: a }",
    "roleRef: { kind: Role, name: b }",
    "roleRef",
  ],
  ["scheduling.k8s.io/v1/PriorityClass", "value: 10", "value: 20", "value"],
])("%s: %s cannot become %s", (kind, before, after, field) => {
  expect(refused(kind, before, after)).toEqual([field]);
});

test.each<[string, string, string]>([
  [
    "apps/v1/StatefulSet",
    `spec: { replicas: 1, ${POD} }`,
    `spec: { replicas: 3, minReadySeconds: 5, revisionHistoryLimit: 3, ${POD} }`,
  ],
  ["batch/v1/Job", "spec: { parallelism: 1 }", "spec: { parallelism: 2, suspend: true }"],
  [
    "batch/v1/Job",
    "spec: { completionMode: Indexed, completions: 2 }",
    "spec: { completionMode: Indexed, completions: 3 }",
  ],
  [
    "v1/PersistentVolumeClaim",
    "spec: {}",
    "spec: { storageClassName: fast, volumeName: pv-1, volumeMode: Filesystem }",
  ],
  [
    "v1/PersistentVolumeClaim",
    "spec: { resources: { requests: { storage: 1Gi } } }",
    "spec: { resources: { requests: { storage: 2Gi } } }",
  ],
  [
    "storage.k8s.io/v1/StorageClass",
    "provisioner: ebs",
    "provisioner: ebs\nvolumeBindingMode: Immediate\nallowVolumeExpansion: true",
  ],
  ["v1/Service", "spec: { clusterIP: 10.0.0.7 }", "spec: {}"],
  ["v1/Service", "spec: { type: ExternalName }", "spec: { clusterIP: None }"],
  ["v1/Service", "spec: { type: ClusterIP }", "spec: { type: LoadBalancer, loadBalancerClass: a/b }"],
  ["v1/Secret", "data: {}", "type: Opaque"],
  ["v1/ConfigMap", "data: { a: b }", "data: { a: c }\nimmutable: true"],
  [
    "rbac.authorization.k8s.io/v1/RoleBinding",
    "roleRef: { kind: Role, name: a }",
    "roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: a }",
  ],
  ["v1/PersistentVolumeClaim", "spec: { storageClassName: '${CLASS}' }", "spec: { storageClassName: fast }"],
])("%s: %s may become %s", (kind, before, after) => {
  expect(refused(kind, before, after)).toEqual([]);
});
