import { expect, test } from "@jest/globals";
import { defaultPolicy } from "../../src/policy/index.ts";
import { render } from "../../src/renderers/index.ts";
import { json } from "../../src/reporters/json.ts";
import { review } from "../../src/review.ts";
import { treeOf } from "./files.ts";

const app = (name: string, replicas: number, strategy = "") => `apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name} }
spec:
  replicas: ${replicas}
  ${strategy}
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec: { containers: [{ name: ${name}, image: "${name}:1" }] }
---
apiVersion: v1
kind: Service
metadata: { name: ${name} }
spec: { selector: { app: ${name} }, ports: [{ port: 80 }] }
`;

const BASE = {
  "production/web.yaml": app("web", 4),
  "production/api.yaml": app("api", 3),
  "staging/web.yaml": app("web", 2),
  "staging/api.yaml": app("api", 2),
  "tools/broken.yaml": "apiVersion: v1\nkind: [\n",
};
const HEAD = {
  ...BASE,
  "production/web.yaml": app("web", 1),
  "production/api.yaml": app("api", 3, "strategy: { rollingUpdate: { maxUnavailable: 100% } }"),
  "staging/web.yaml": app("web", 1),
  "tools/other.yaml": "apiVersion: v1\nkind: {\n",
};

async function bytes(base: Record<string, string>, head: Record<string, string>): Promise<string> {
  return json(await review(treeOf(base, "base"), treeOf(head), defaultPolicy("2026-01-01"), render));
}

const turned = (files: Record<string, string>) => Object.fromEntries(Object.entries(files).reverse());

test("the same change gives the same bytes", async () => {
  const first = await bytes(BASE, HEAD);
  expect(first).toContain("replica-reduction");
  expect(await bytes(BASE, HEAD)).toBe(first);
});

test("the order of files changes no byte", async () => {
  expect(await bytes(turned(BASE), turned(HEAD))).toBe(await bytes(BASE, HEAD));
});

test("moved lines change no fingerprint", async () => {
  const prints = (text: string) =>
    (JSON.parse(text) as { findings: { fingerprint: string }[] }).findings
      .map((one) => one.fingerprint)
      .sort();
  const moved = Object.fromEntries(
    Object.entries(HEAD).map(([path, text]) => [path, `# moved\n\n\n${text}`]),
  );
  expect(prints(await bytes(BASE, moved))).toEqual(prints(await bytes(BASE, HEAD)));
});

test("a change of nothing has nothing new to say", async () => {
  const { findings } = JSON.parse(await bytes(HEAD, HEAD)) as { findings: { standing: string }[] };
  expect([...new Set(findings.map(({ standing }) => standing))]).toEqual(["existing"]);
});

test("one event is one finding: what a reduction says is not said again about the single pod that is left", async () => {
  const report = await review(
    treeOf({ "web.yaml": app("web", 3) }, "base"),
    treeOf({ "web.yaml": app("web", 1) }),
    defaultPolicy("2026-01-01"),
    render,
  );
  const fresh = report.findings.filter(({ standing }) => standing === "introduced").map(({ check }) => check);
  expect(fresh).toContain("replica-reduction");
  expect(fresh).not.toContain("single-replica-served");
});
