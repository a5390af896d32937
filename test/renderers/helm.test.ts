import { describe, expect } from "@jest/globals";
import { chart, judged, messages, news, objects, rendered, WEB, withHelm, type Files } from "./tools.ts";

const VALUES = `replicaCount: 3
tag: "1.0"
probe:
  httpGet: { path: /, port: 80 }
`;
const CHART: Files = {
  "chart/Chart.yaml": chart("shop"),
  "chart/values.yaml": VALUES,
  "chart/templates/web.yaml": WEB,
};

describe("charts", () => {
  withHelm("each set of values is a unit, in its environment", async () => {
    const { head } = await rendered(
      { ...CHART, "chart/values-staging.yaml": "replicaCount: 1\n" },
      { ...CHART, "chart/values.yaml": "" },
    );
    expect(head.units.map(({ id, environment }) => `${id}: ${environment}`)).toEqual([
      "chart: unknown",
      "chart (values-staging.yaml): staging",
    ]);
  });

  withHelm("a finding points at the line of the environment's values that decides it", async () => {
    const production = (replicas: number) => ({
      ...CHART,
      "chart/values-production.yaml": `# production\nreplicaCount: ${replicas}\n`,
    });
    expect(news(await judged(production(3), production(1)))).toContain(
      "error replica-reduction chart/values-production.yaml:2",
    );
  });

  withHelm("a value that a block hands on is pointed at in the values", async () => {
    const without = { ...CHART, "chart/values.yaml": VALUES.replace(/probe:[^]*/, "probe: null\n") };
    const lines = news(await judged(CHART, without)).filter((line) => line.includes("readiness-removed"));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/chart\/(values\.yaml:3|templates\/web\.yaml:1[4-8])$/);
  });

  withHelm("values that stand away from their chart are known by its keys", async () => {
    const files = (replicas: number) => ({
      ...CHART,
      "chart/values.yaml": `${VALUES}orders: { queue: a }\n`,
      "config/production.yaml": `replicaCount: ${replicas}\norders: { queue: b }\n`,
    });
    expect(news(await judged(files(4), files(1)))).toContain(
      "error replica-reduction config/production.yaml:1",
    );
  });
});

describe("charts that lack something", () => {
  withHelm("values that nothing sets are unknown, and said once", async () => {
    const files = {
      ...CHART,
      "chart/templates/secret.yaml": `apiVersion: v1
kind: Secret
metadata: { name: keys }
data:
  a: {{ .Values.keys.a | b64enc }}
  b: {{ .Values.keys.b | b64enc }}
  c: {{ required "c is needed" .Values.c }}
`,
      "chart/values-dev.yaml": "replicaCount: 1\n",
    };
    const { head } = await rendered(files, CHART);
    expect(objects(head)["chart"]).toContain("Secret/keys");
    expect(head.notes).toHaveLength(1);
    expect(messages(head)).toMatch(/without values that no file here sets: .*keys\.a/);
  });

  withHelm("helpers of a library that is not there make unknown values", async () => {
    const files = {
      ...CHART,
      "chart/Chart.yaml": chart(
        "shop",
        "dependencies: [{ name: common, version: 1.0.0, repository: https://charts.example.com }]\n",
      ),
      "chart/templates/config.yaml": `apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ include "common.name" . }}
  labels:
    {{- include "common.labels" . | nindent 4 }}
`,
    };
    const { head } = await rendered(files, CHART);
    expect(objects(head)["chart"]?.some((name) => name.startsWith("ConfigMap/"))).toBe(true);
    expect(head.units.find(({ id }) => id === "chart")?.incomplete).toBe(true);
    expect(messages(head)).toContain("common.labels");
  });

  withHelm(
    "a template that cannot be rendered is left out on both sides, and what needs it is no error",
    async () => {
      const broken = WEB.replace("kind: Service", 'kind: {{ fail "never" }}Service');
      const { base, head } = await rendered({ ...CHART, "chart/templates/web.yaml": broken }, CHART);
      expect(objects(base)["chart"]).toEqual(objects(head)["chart"]);
      expect(messages(head)).toContain("templates/web.yaml");
      expect(head.units.every(({ incomplete }) => incomplete)).toBe(true);
    },
  );

  withHelm("what says that something is not there is a notice where a unit is incomplete", async () => {
    const budget =
      "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: { name: web }\nspec:\n  maxUnavailable: 1\n  selector: { matchLabels: { app: web } }\n";
    const extra = (text: string) => ({ ...CHART, "chart/templates/extra.yaml": text });
    const whole = news(await judged(extra(budget), extra("")));
    expect(whole).toContainEqual(expect.stringMatching(/^warning pdb-removed/));
    const lost = { "chart/templates/lost.yaml": 'kind: {{ fail "never" }}\n' };
    const partial = news(await judged({ ...extra(budget), ...lost }, { ...extra(""), ...lost }));
    expect(partial).toContainEqual(expect.stringMatching(/^notice pdb-removed/));
  });

  withHelm("a changed template that no values switch on is judged as if it were on", async () => {
    const sleeping = (name: string) => ({
      ...CHART,
      "chart/values.yaml": `${VALUES}queue: { enabled: false }\n`,
      "chart/templates/queue.yaml": `{{- if .Values.queue.enabled }}
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: queue }
spec:
  serviceName: ${name}
  selector: { matchLabels: { app: queue } }
  template:
    metadata: { labels: { app: queue } }
    spec: { containers: [{ name: queue, image: "queue:1.0" }] }
{{- end }}
`,
    });
    expect(news(await judged(sleeping("queue"), sleeping("queues")))).toContainEqual(
      expect.stringMatching(/immutable-field-change chart\/templates\/queue\.yaml:6$/),
    );
  });
});

describe("what orders charts", () => {
  const application = (replicas: string) => `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: { name: shop, namespace: argocd }
spec:
  destination: { name: production, namespace: shop }
  source:
    repoURL: https://git.example.com/shop
    path: chart
    helm:
      valueFiles: [values.yaml, envs/live.yaml]
      valuesObject:
        ${replicas}
`;

  withHelm("an Application's chart is rendered with its own values, and they are pointed at", async () => {
    const files = (replicas: number) => ({
      ...CHART,
      "apps/shop.yaml": application(`replicaCount: ${replicas}`),
      "chart/envs/live.yaml": 'tag: "2.0"\n',
    });
    const { head } = await rendered(files(1), files(3));
    const unit = head.units.find(({ id }) => id === "chart (Application/argocd/shop)");
    expect(unit?.environment).toBe("production");
    const web = unit?.manifests.find(({ kind }) => kind === "Deployment");
    expect(web?.get("spec", "template", "spec", "containers", 0, "image")).toBe("web:2.0");
    const found = news(await judged(files(3), files(1)));
    expect(found).toContain("error replica-reduction apps/shop.yaml:12");
    expect(found.filter((line) => line.includes("values-fewer-replicas"))).toEqual([]);
  });

  withHelm("a HelmRelease of a chart in the repository is rendered too", async () => {
    const files = (replicas: number) => ({
      ...CHART,
      "clusters/prod/shop.yaml": `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: { name: shop, namespace: shop }
spec:
  chart: { spec: { chart: ./chart, sourceRef: { kind: GitRepository, name: flux-system } } }
  values:
    replicaCount: ${replicas}
`,
    });
    expect(news(await judged(files(3), files(1)))).toContain(
      "error replica-reduction clusters/prod/shop.yaml:7",
    );
  });

  withHelm("helmfile names values by environment", async () => {
    const files = (replicas: string) => ({
      ...CHART,
      "helmfile.yaml":
        "releases:\n  - name: shop\n    chart: ./chart\n    values:\n      - envs/{{ .Environment.Name }}/shop.yaml\n",
      "envs/production/shop.yaml": `replicaCount: ${replicas}\n`,
      "envs/dev/shop.yaml": "replicaCount: 1\n",
    });
    const { head } = await rendered(files("4"), files("3"));
    expect(head.units.map(({ id, environment }) => `${id}: ${environment}`)).toEqual([
      "chart (envs/production/shop.yaml): production",
    ]);
  });

  withHelm(
    "a chart of Applications hands its values on: they are judged where they are written",
    async () => {
      const files = (replicas: number) => ({
        "apps/Chart.yaml": chart("apps"),
        "apps/values.yaml": "",
        "apps/values-production.yaml": `applications:\n  - name: cart\n    helmValues:\n      replicaCount: ${replicas}\n`,
        "apps/templates/apps.yaml": `{{- range .Values.applications }}
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: { name: {{ .name }} }
spec:
  source:
    chart: web
    helm:
      values: |
        {{- toYaml .helmValues | nindent 8 }}
---
{{- end }}
`,
      });
      expect(news(await judged(files(4), files(2)))).toEqual([
        "warning values-fewer-replicas apps/values-production.yaml:4",
      ]);
    },
  );
});

describe("dependencies that are not there", () => {
  const umbrella = (values: string): Files => ({
    "hub/Chart.yaml": chart(
      "hub",
      "dependencies: [{ name: jupyterhub, alias: lab, version: 1.0.0, repository: https://charts.example.com }]\n",
    ),
    "hub/values.yaml": `${values}other:\n  replicas: 9\n`,
    "hub/templates/config.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: hub }\n",
  });

  withHelm("their values are judged by the meaning of their keys, the chart's own are not", async () => {
    const base = umbrella("lab:\n  hub:\n    pdb: { minAvailable: 1 }\n    replicas: 3\n");
    const head = umbrella("lab:\n  hub:\n    pdb: { minAvailable: 0 }\n    replicas: 3\n");
    expect(
      news(await judged(base, { ...head, "hub/values.yaml": head["hub/values.yaml"]!.replace("9", "1") })),
    ).toEqual(["warning values-budget-weakened hub/values.yaml:3"]);
  });
});
