/** Examples: a chart of the repository, and what installs it. */

/** A chart with one template, installed by an order. */
export const chartOf = (template: string, order: string): Record<string, string> => ({
  "charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
  "charts/web/templates/web.yaml": template,
  "apps/shop.yaml": order,
});

export const helmRelease = (spec: string) => `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: { name: shop, namespace: flux-system }
spec:
  chart: { spec: { chart: ./charts/web, sourceRef: { kind: GitRepository, name: shop } } }
  ${spec}
`;

export const application = ({
  release,
  prune,
  mark = "",
}: {
  release: string;
  prune: boolean;
  mark?: string;
}) => `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: { name: shop, namespace: argocd }
spec:
  destination: { namespace: shop }
  source:
    repoURL: https://git.example.com/shop
    path: charts/web
    helm:
      releaseName: ${release}${mark}
  syncPolicy: { automated: { prune: ${String(prune)} } }
`;

export const helmfile = (name: string, mark = "") =>
  `releases:\n  - name: ${name}${mark}\n    namespace: shop\n    chart: ./charts/web\n`;

const pods = (name: string, kind = "Deployment", more = "") => `apiVersion: apps/v1
kind: ${kind}
metadata: { name: ${name} }
spec:
  replicas: 3
  serviceName: ${name}
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec: { containers: [{ name: web, image: "shop:3" }] }
${more}---
apiVersion: v1
kind: Service
metadata: { name: ${name} }
spec: { selector: { app: ${name} }, ports: [{ port: 80 }] }
`;

const NAMED = `"{{ .Release.Name }}-web"`;

/** Everything is called after the release. */
export const WEB = pods(NAMED).replace("  serviceName: " + NAMED + "\n", "");
export const STORE = pods(NAMED, "StatefulSet", "  volumeClaimTemplates: [{ metadata: { name: data } }]\n");
/** Nothing is. */
export const FIXED = pods("web").replace("  serviceName: web\n", "");
