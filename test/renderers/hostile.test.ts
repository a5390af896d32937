import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect } from "@jest/globals";
import type { Rendering } from "../../src/engine/types.ts";
import { chart, messages, rendered, WEB, withHelm, withKubectl, type Files } from "./tools.ts";

/** Seconds that a hostile repository may cost, on a machine that does ten other things. */
const PATIENCE = 50;
const TIMEOUT = 60_000;

async function survived(files: Files, base: Files = {}): Promise<Rendering> {
  const start = performance.now();
  const { head } = await rendered(files, base);
  expect((performance.now() - start) / 1000).toBeLessThan(PATIENCE);
  return head;
}

const withTemplate = (text: string, more: Files = {}): Files => ({
  "c/Chart.yaml": chart("c"),
  "c/values.yaml": "a: 1\n",
  "c/templates/a.yaml": text,
  ...more,
});

describe("hostile charts end in a note", () => {
  withHelm("templates that include themselves", async () => {
    const head = await survived(
      withTemplate('{{ define "a" }}{{ include "a" . }}{{ end }}{{ include "a" . }}'),
    );
    expect(messages(head)).toContain("templates/a.yaml");
  });

  withHelm("templates that ask for all memory", async () => {
    const head = await survived(withTemplate('a: {{ repeat 2000000000 "x" }}{{ repeat 2000000000 "y" }}'));
    expect(messages(head)).toMatch(/could not be rendered|rendered without/);
  });

  withHelm("templates that write without end", async () => {
    const head = await survived(
      withTemplate('{{ range until 1200 }}\n---\na: {{ repeat 30000 "x" }}\n{{ end }}'),
    );
    expect(messages(head)).toMatch(/could not be rendered.*(over 32000000 characters|took over 10 seconds)/);
  });

  withHelm("a name that reads as a flag", async () => {
    const head = await survived({
      ...withTemplate("apiVersion: v1\nkind: ConfigMap\nmetadata: { name: {{ .Release.Name }} }\n"),
      "c/Chart.yaml": chart('"--post-renderer=/bin/false"'),
    });
    expect(head.units.flatMap(({ manifests }) => manifests.map(({ name }) => name))).not.toContain(
      "--post-renderer",
    );
  });

  withHelm("a values file whose name reads as two, one of them outside", async () => {
    const files = withTemplate(WEB, {
      "c/values.yaml": "replicaCount: 1\ntag: a\n",
      "c/values-x,/etc/passwd.yaml": "replicaCount: 2\n",
    });
    expect(messages(await survived(files))).not.toContain("/etc/passwd");
  });

  withHelm(
    "ten thousand values files",
    async () => {
      const values = Object.fromEntries(
        Array.from({ length: 10_000 }, (_, index) => [`c/values-${index}.yaml`, `replicaCount: ${index}\n`]),
      );
      const head = await survived(withTemplate(WEB, values));
      expect(messages(head)).toMatch(/too many charts and overlays: 9[\d,]+ were not rendered/);
    },
    TIMEOUT,
  );
});

describe("nothing leaves the scratch folder", () => {
  withHelm("paths that lead out of it are refused", async () => {
    const mark = `nines-test-${process.pid}.yaml`;
    await survived(withTemplate(WEB, { [`c/../../${mark}`]: "a: 1\n" }));
    expect(existsSync(`${tmpdir()}/${mark}`)).toBe(false);
  });

  withKubectl("a kustomization reads no file above its repository", async () => {
    const head = await survived({
      "k/kustomization.yaml":
        "configMapGenerator: [{ name: a, files: [../../../../../../../etc/passwd] }]\nresources: [../../../../etc, /etc, cm.yaml]\n",
      "k/cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: b }\n",
    });
    expect(
      JSON.stringify(head.units.map(({ manifests }) => manifests.map(({ object }) => object))),
    ).not.toContain("root:");
    expect(messages(head)).toContain("/etc");
  });

  withKubectl("kustomizations that include each other", async () => {
    const head = await survived({
      "a/kustomization.yaml": "resources: [../b]\n",
      "b/kustomization.yaml": "resources: [../a]\n",
      "c/kustomization.yaml": "resources: [../a]\n",
    });
    expect(messages(head)).toMatch(/cycle/);
  });

  withKubectl("an object of a kustomization that holds itself", async () => {
    const head = await survived({
      "k/kustomization.yaml": "resources: [cm.yaml]\n",
      "k/cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: &m\n  name: b\n  labels: *m\n",
    });
    expect(messages(head)).toContain(
      "This kustomization could not be built: in k/cm.yaml, line 5, what &m names holds itself.",
    );
  });

  withHelm("it is removed", async () => {
    const folder = mkdtempSync(join(tmpdir(), "hostile-"));
    const before = process.env["TMPDIR"];
    process.env["TMPDIR"] = folder;
    try {
      await survived(withTemplate(WEB));
      expect(readdirSync(folder)).toEqual([]);
    } finally {
      if (before === undefined) delete process.env["TMPDIR"];
      else process.env["TMPDIR"] = before;
      rmSync(folder, { recursive: true });
    }
  });
});
