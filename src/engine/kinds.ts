/** API groups that Kubernetes itself serves; whatever else there is comes from a CustomResourceDefinition. */
const BUILT_IN: ReadonlySet<string> = new Set([
  ...["", "apps", "autoscaling", "batch", "extensions", "policy"],
  ...[
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "certificates.k8s.io",
  ],
  ...[
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "flowcontrol.apiserver.k8s.io",
    "networking.k8s.io",
  ],
  ...["node.k8s.io", "rbac.authorization.k8s.io", "resource.k8s.io", "scheduling.k8s.io", "storage.k8s.io"],
]);

/** Groups of custom resources that watch or route and never make pods. */
const WITHOUT_PODS =
  /(^|\.)(monitoring\.coreos\.com|cert-manager\.io|istio\.io|traefik\.(io|containo\.us)|gateway\.networking\.k8s\.io|keda\.sh|external-secrets\.io|bitnami\.com)$/;

/** Whether objects of a group can be orders to an operator, which then makes pods of its own. */
export function mayMakePods(group: string): boolean {
  return !BUILT_IN.has(group) && !WITHOUT_PODS.test(group);
}
