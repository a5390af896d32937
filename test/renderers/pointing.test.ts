import { describe, expect } from "@jest/globals";
import type { Location } from "../../src/engine/types.ts";
import { chart, judged, withHelm, withKubectl, type Files } from "./tools.ts";

/** Where new findings of a check point: the text of the line, and of the line on base where what is gone stood. */
async function pointed(check: string, base: Files, head: Files): Promise<string[]> {
  const { findings } = await judged(base, head);
  const text = ({ side, path, line }: Location) =>
    `${path}: ${(side === "base" ? base : head)[path]?.split("\n")[line - 1]?.trim() ?? ""}`;
  return [
    ...new Set(
      findings
        .filter((finding) => finding.check === check && finding.standing === "introduced")
        .map(({ at, was }) => text(at) + (was ? `, was ${text(was)}` : "")),
    ),
  ];
}

const WEB = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 3
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
        - name: web
          image: web:1.0
          env:
            - name: URL
              valueFrom:
                configMapKeyRef:
                  name: settings
                  key: url
          readinessProbe:
            httpGet: { path: /, port: 80 }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
`;
const HPA = `apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: web
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }
  minReplicas: 3
  maxReplicas: 9
`;
const SETTINGS =
  "configMapGenerator:\n  - name: settings\n    literals:\n      - url=http://shop\n      - mode=a\n";
const overlay = (text: string, more: Files = {}): Files => ({
  "base/kustomization.yaml": "resources: [web.yaml]\n",
  "base/web.yaml": WEB,
  "production/kustomization.yaml": `resources:\n  - ../base\n${text}`,
  ...more,
});

describe("what a kustomization decides is pointed at in it", () => {
  withKubectl("labels that it writes into selectors", async () => {
    const files = (release: string) =>
      overlay(`${SETTINGS}commonLabels:\n  team: shop\n  release: ${release}\nimages: []\n`);
    expect(await pointed("immutable-field-change", files("one"), files("two"))).toEqual([
      "production/kustomization.yaml: release: two",
    ]);
    expect(await pointed("service-selector-flip", files("one"), files("two"))).toEqual([
      "production/kustomization.yaml: release: two",
    ]);
  });

  withKubectl("the namespace, beside a new version of the image", async () => {
    const files = (namespace: string, tag: string) =>
      overlay(`${SETTINGS}namespace: ${namespace}\nimages:\n  - name: web\n    newTag: "${tag}"\n`);
    expect(await pointed("workload-removed", files("one", "1.1"), files("two", "1.2"))).toEqual([
      "production/kustomization.yaml: namespace: two",
    ]);
  });

  withKubectl("a key of a generated ConfigMap, which gets another name with it", async () => {
    const before = overlay(SETTINGS);
    const after = overlay(SETTINGS.replace("url=", "address="));
    expect(await pointed("dangling-config-ref", before, after)).toEqual([
      "base/web.yaml: key: url, was production/kustomization.yaml: - url=http://shop",
    ]);
  });

  withKubectl("a generated ConfigMap that goes", async () => {
    expect(await pointed("dangling-config-ref", overlay(SETTINGS), overlay(""))).toEqual([
      "base/web.yaml: key: url, was production/kustomization.yaml: - name: settings",
    ]);
  });

  withKubectl("a patch that takes something away", async () => {
    const patch = `patches:
  - target: { kind: Deployment, name: web }
    patch: |-
      - op: remove
        path: /spec/template/spec/containers/0/readinessProbe
`;
    const [place] = await pointed("readiness-removed", overlay(SETTINGS), overlay(SETTINGS + patch));
    expect(place).toMatch(/^production\/kustomization\.yaml: patches:/);
  });

  withKubectl("an entry that is dropped while its file stays", async () => {
    const files = (entry: string) => overlay(entry + SETTINGS, { "production/hpa.yaml": HPA });
    expect(await pointed("replica-reduction", files("  - hpa.yaml\n"), files(""))).toEqual([
      "base/web.yaml: replicas: 3, was production/kustomization.yaml: - hpa.yaml",
    ]);
  });

  withKubectl("an entry that is dropped with its file", async () => {
    const before = overlay(`  - hpa.yaml\n${SETTINGS}`, { "production/hpa.yaml": HPA });
    expect(await pointed("replica-reduction", before, overlay(SETTINGS))).toEqual([
      "base/web.yaml: replicas: 3, was production/hpa.yaml: apiVersion: autoscaling/v2",
    ]);
  });
});

const DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  {{- if not .Values.autoscaling.enabled }}
  replicas: {{ .Values.replicaCount }}
  {{- end }}
  selector:
    matchLabels:
      {{- include "shop.labels" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "shop.labels" . | nindent 8 }}
    spec:
      containers:
        - name: {{ .Chart.Name }}
          image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"
          {{- if .Values.probes.enabled }}
          readinessProbe:
            httpGet: { path: {{ .Values.probes.path }}, port: 80 }
          {{- end }}
          resources:
            {{- toYaml .Values.resources | nindent 12 }}
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
`;
const CLAIM = `{{- if .Values.persistence.enabled }}
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: data }
spec:
  accessModes: [ReadWriteMany]
  resources: { requests: { storage: {{ .Values.persistence.size }} } }
{{- end }}
`;
const VALUES = `replicaCount: 3
team: shop
image:
  repository: web
  tag: "1.0.0"
autoscaling:
  enabled: true
  max: 9
persistence:
  enabled: true
  size: 10Gi
probes:
  enabled: true
  path: /ready
resources:
  requests:
    cpu: 100m
    memory: 512Mi
`;
const templates: Files = {
  "chart/Chart.yaml": chart("shop"),
  "chart/templates/_helpers.tpl":
    '{{- define "shop.labels" -}}\napp: web\nteam: {{ .Values.team }}\n{{- end -}}\n',
  "chart/templates/web.yaml": DEPLOYMENT,
  "chart/templates/claim.yaml": CLAIM,
  "chart/templates/hpa.yaml": `{{- if .Values.autoscaling.enabled }}\n${HPA}{{- end }}\n`,
};
/** The chart with some of its values written otherwise. */
function edited(...edits: readonly (readonly [from: string, to: string])[]): Files {
  const values = edits.reduce((text, [from, to]) => {
    expect(text).toContain(from);
    return text.replace(from, to);
  }, VALUES);
  return { ...templates, "chart/values.yaml": values };
}
const CHART = edited();
const BUMP = ['tag: "1.0.0"', 'tag: "1.0.1"'] as const;

describe("what values decide is pointed at in them", () => {
  withHelm("the switch that takes an autoscaler away", async () => {
    const head = edited(["autoscaling:\n  enabled: true", "autoscaling:\n  enabled: false"], BUMP);
    expect(await pointed("replica-reduction", CHART, head)).toEqual(["chart/values.yaml: enabled: false"]);
  });

  withHelm("the switch that takes a claim away, of two switches", async () => {
    const head = edited(
      ["persistence:\n  enabled: true", "persistence:\n  enabled: no"],
      ["probes:\n  enabled: true", "probes:\n  enabled: false"],
    );
    expect(await pointed("destructive-removal", CHART, head)).toEqual(["chart/values.yaml: enabled: no"]);
    expect((await pointed("readiness-removed", CHART, head))[0]).toMatch(
      /^chart\/values\.yaml: enabled: false/,
    );
  });

  withHelm("a label that a named template writes, also beside another change", async () => {
    const head = edited(["team: shop", "team: store"], BUMP);
    expect(await pointed("immutable-field-change", CHART, head)).toEqual(["chart/values.yaml: team: store"]);
  });

  withHelm("the key in a map that the template hands on", async () => {
    const head = edited(["memory: 512Mi", "memory: 16Mi"]);
    expect(await pointed("resources-cut", CHART, head)).toEqual(["chart/values.yaml: memory: 16Mi"]);
  });

  withHelm("the tag of an image, not its repository", async () => {
    expect(await pointed("mutable-image", CHART, edited(['tag: "1.0.0"', "tag: latest"]))).toEqual([
      "chart/values.yaml: tag: latest",
    ]);
  });

  withHelm("the template, where that is what changed", async () => {
    const head = {
      ...CHART,
      "chart/templates/web.yaml": DEPLOYMENT.replace(/ {10}\{\{- if .Values.probes[^]*?end \}\}\n/, ""),
    };
    expect((await pointed("readiness-removed", CHART, head))[0]).toMatch(
      /, was chart\/templates\/web\.yaml: readinessProbe:$/,
    );
  });

  withHelm("nothing but the object, where two changes may have made it", async () => {
    const head = edited(
      ["autoscaling:\n  enabled: true", "autoscaling:\n  enabled: false"],
      ["path: /ready", "path: /healthy"],
    );
    expect(await pointed("replica-reduction", CHART, head)).toEqual(["chart/values.yaml: replicaCount: 3"]);
  });
});
