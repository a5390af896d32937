import { describe, expect } from "@jest/globals";
import { chart, judged, withHelm, type Files } from "./tools.ts";

const settings = (color: string) => `apiVersion: v1
kind: ConfigMap
metadata: { name: settings }
data:
  color: ${color}
`;

const charted = (color: string, more: Files = {}): Files => ({
  "chart/Chart.yaml": chart("shop"),
  "chart/values.yaml": "color: red\n",
  "chart/templates/settings.yaml": settings(color),
  ...more,
});

const APPLICATION: Files = {
  "argocd/shop.yaml": `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: { name: shop, namespace: argocd }
spec:
  destination: { namespace: shop }
  source: { repoURL: https://git.example.com/shop, path: chart, helm: { valueFiles: [values.yaml] } }
`,
};

const RED = "{{ .Values.color }}";

/** Where a change is said to stop the deploy, and what is noted beside it. */
async function stops(before: Files, after: Files): Promise<{ at: string[]; notes: number }> {
  const { findings, notes } = await judged(before, after);
  const broken = findings.filter(({ check }) => check === "manifest-unreadable");
  expect(broken.every(({ severity }) => severity === "warning")).toBe(true);
  return { at: broken.map(({ at }) => `${at.path}:${at.line}`), notes: notes.length };
}

const LINE = "chart/templates/settings.yaml:5";

describe("a template that this change breaks", () => {
  withHelm("is found on its line where it cannot be read, whatever the values", async () => {
    expect(await stops(charted(RED), charted("{{ .Values.color }"))).toEqual({ at: [LINE], notes: 0 });
  });

  withHelm("is found where it fails with values that are all here", async () => {
    const after = charted("{{ .Values.theme.color }}", APPLICATION);
    expect(await stops(charted(RED, APPLICATION), after)).toEqual({ at: [LINE], notes: 0 });
  });

  withHelm("is found where a value goes that it reads", async () => {
    const before = charted("{{ .Values.theme.color }}", {
      ...APPLICATION,
      "chart/values.yaml": "theme: { color: red }\n",
    });
    const after = { ...before, "chart/values.yaml": "color: red\n" };
    expect(await stops(before, after)).toEqual({ at: ["chart/values.yaml:1"], notes: 0 });
  });
});

describe("nothing is found, only noted", () => {
  const silent = { at: [], notes: 1 };

  withHelm("where nobody here says with which values it is installed", async () => {
    expect(await stops(charted(RED), charted("{{ .Values.theme.color }}"))).toEqual(silent);
  });

  withHelm("where a file of values is not here", async () => {
    const elsewhere = {
      "argocd/shop.yaml": (APPLICATION["argocd/shop.yaml"] ?? "").replace("[values.yaml]", "[secret.yaml]"),
    };
    const after = charted("{{ .Values.theme.color }}", elsewhere);
    expect(await stops(charted(RED, elsewhere), after)).toEqual(silent);
  });

  withHelm("where it lacked values before as well", async () => {
    const before = charted("{{ .Values.theme.color }}", APPLICATION);
    expect(await stops(before, charted("{{ .Values.theme.colors.main }}", APPLICATION))).toEqual(silent);
  });

  withHelm("where what it includes may come with a dependency", async () => {
    const library = { "chart/Chart.yaml": chart("shop", DEPENDENCY), ...APPLICATION };
    const after = charted('{{ include "common.color" . }}', library);
    expect((await stops(charted(RED, library), after)).at).toEqual([]);
  });
});

const DEPENDENCY =
  "dependencies: [{ name: common, version: 1.0.0, repository: https://charts.example.com }]\n";
