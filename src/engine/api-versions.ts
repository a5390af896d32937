/** An API version that a release of Kubernetes stopped to serve. */
export interface RemovedApi {
  readonly group: string;
  readonly version: string;
  readonly kinds: readonly string[];
  /** The first minor version without it. */
  readonly removedIn: string;
  /** `apiVersion` to write; undefined where the kind is gone altogether. */
  readonly replacement?: string;
  /** Nothing but the version has to change. */
  readonly sameFields?: boolean;
}

/** https://kubernetes.io/docs/reference/using-api/deprecation-guide/ (removals through 1.32). */
export const REMOVED_APIS: readonly RemovedApi[] = [
  {
    group: "extensions",
    version: "v1beta1",
    kinds: ["Deployment", "DaemonSet", "ReplicaSet"],
    removedIn: "1.16",
    replacement: "apps/v1",
  },
  {
    group: "extensions",
    version: "v1beta1",
    kinds: ["NetworkPolicy"],
    removedIn: "1.16",
    replacement: "networking.k8s.io/v1",
    sameFields: true,
  },
  { group: "extensions", version: "v1beta1", kinds: ["PodSecurityPolicy"], removedIn: "1.16" },
  {
    group: "apps",
    version: "v1beta1",
    kinds: ["Deployment", "StatefulSet", "ReplicaSet"],
    removedIn: "1.16",
    replacement: "apps/v1",
  },
  {
    group: "apps",
    version: "v1beta2",
    kinds: ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"],
    removedIn: "1.16",
    replacement: "apps/v1",
  },
  {
    group: "extensions",
    version: "v1beta1",
    kinds: ["Ingress"],
    removedIn: "1.22",
    replacement: "networking.k8s.io/v1",
  },
  {
    group: "networking.k8s.io",
    version: "v1beta1",
    kinds: ["Ingress"],
    removedIn: "1.22",
    replacement: "networking.k8s.io/v1",
  },
  {
    group: "networking.k8s.io",
    version: "v1beta1",
    kinds: ["IngressClass"],
    removedIn: "1.22",
    replacement: "networking.k8s.io/v1",
    sameFields: true,
  },
  {
    group: "admissionregistration.k8s.io",
    version: "v1beta1",
    kinds: ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"],
    removedIn: "1.22",
    replacement: "admissionregistration.k8s.io/v1",
  },
  {
    group: "apiextensions.k8s.io",
    version: "v1beta1",
    kinds: ["CustomResourceDefinition"],
    removedIn: "1.22",
    replacement: "apiextensions.k8s.io/v1",
  },
  {
    group: "apiregistration.k8s.io",
    version: "v1beta1",
    kinds: ["APIService"],
    removedIn: "1.22",
    replacement: "apiregistration.k8s.io/v1",
    sameFields: true,
  },
  {
    group: "certificates.k8s.io",
    version: "v1beta1",
    kinds: ["CertificateSigningRequest"],
    removedIn: "1.22",
    replacement: "certificates.k8s.io/v1",
  },
  {
    group: "coordination.k8s.io",
    version: "v1beta1",
    kinds: ["Lease"],
    removedIn: "1.22",
    replacement: "coordination.k8s.io/v1",
    sameFields: true,
  },
  {
    group: "rbac.authorization.k8s.io",
    version: "v1beta1",
    kinds: ["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"],
    removedIn: "1.22",
    replacement: "rbac.authorization.k8s.io/v1",
    sameFields: true,
  },
  {
    group: "scheduling.k8s.io",
    version: "v1beta1",
    kinds: ["PriorityClass"],
    removedIn: "1.22",
    replacement: "scheduling.k8s.io/v1",
    sameFields: true,
  },
  {
    group: "storage.k8s.io",
    version: "v1beta1",
    kinds: ["CSIDriver", "CSINode", "StorageClass", "VolumeAttachment"],
    removedIn: "1.22",
    replacement: "storage.k8s.io/v1",
    sameFields: true,
  },
  {
    group: "batch",
    version: "v1beta1",
    kinds: ["CronJob"],
    removedIn: "1.25",
    replacement: "batch/v1",
    sameFields: true,
  },
  {
    group: "discovery.k8s.io",
    version: "v1beta1",
    kinds: ["EndpointSlice"],
    removedIn: "1.25",
    replacement: "discovery.k8s.io/v1",
  },
  {
    group: "events.k8s.io",
    version: "v1beta1",
    kinds: ["Event"],
    removedIn: "1.25",
    replacement: "events.k8s.io/v1",
  },
  {
    group: "autoscaling",
    version: "v2beta1",
    kinds: ["HorizontalPodAutoscaler"],
    removedIn: "1.25",
    replacement: "autoscaling/v2",
  },
  {
    group: "policy",
    version: "v1beta1",
    kinds: ["PodDisruptionBudget"],
    removedIn: "1.25",
    replacement: "policy/v1",
  },
  { group: "policy", version: "v1beta1", kinds: ["PodSecurityPolicy"], removedIn: "1.25" },
  {
    group: "node.k8s.io",
    version: "v1beta1",
    kinds: ["RuntimeClass"],
    removedIn: "1.25",
    replacement: "node.k8s.io/v1",
    sameFields: true,
  },
  {
    group: "autoscaling",
    version: "v2beta2",
    kinds: ["HorizontalPodAutoscaler"],
    removedIn: "1.26",
    replacement: "autoscaling/v2",
    sameFields: true,
  },
  {
    group: "flowcontrol.apiserver.k8s.io",
    version: "v1beta1",
    kinds: ["FlowSchema", "PriorityLevelConfiguration"],
    removedIn: "1.26",
    replacement: "flowcontrol.apiserver.k8s.io/v1",
  },
  {
    group: "storage.k8s.io",
    version: "v1beta1",
    kinds: ["CSIStorageCapacity"],
    removedIn: "1.27",
    replacement: "storage.k8s.io/v1",
    sameFields: true,
  },
  {
    group: "flowcontrol.apiserver.k8s.io",
    version: "v1beta2",
    kinds: ["FlowSchema", "PriorityLevelConfiguration"],
    removedIn: "1.29",
    replacement: "flowcontrol.apiserver.k8s.io/v1",
  },
  {
    group: "flowcontrol.apiserver.k8s.io",
    version: "v1beta3",
    kinds: ["FlowSchema", "PriorityLevelConfiguration"],
    removedIn: "1.32",
    replacement: "flowcontrol.apiserver.k8s.io/v1",
  },
];

/** A minor version out of support, or nearly (https://kubernetes.io/releases/): what is gone there is gone on every cluster that is kept up. */
export const OLDEST_SUPPORTED = "1.33";

const byName = new Map(
  REMOVED_APIS.flatMap((api) => api.kinds.map((kind) => [`${api.group}/${api.version}/${kind}`, api])),
);

export function removedApi(of: {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}): RemovedApi | undefined {
  return byName.get(`${of.group}/${of.version}/${of.kind}`);
}

/** Whether minor version `a` is `b` or newer: `1.9` is older than `1.22`. */
export function isAtLeast(a: string, b: string): boolean {
  const [first = 0, second = 0] = a.split(".").map(Number);
  const [other = 0, another = 0] = b.split(".").map(Number);
  return first === other ? second >= another : first > other;
}
