import { expect, test } from "@jest/globals";
import { repository } from "../sources/repository.ts";
import { nines } from "./run-cli.ts";

const RELEASE = `on:
  push: { branches: [main] }
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - run: go test ./...
  e2e:
    needs: test
    runs-on: ubuntu-latest
    steps:
      - run: npx playwright test
  staging:
    needs: test
    runs-on: ubuntu-latest
    environment: staging
    steps:
      - run: helm upgrade --install shop ./chart -f values-staging.yaml --wait
  production:
    needs: staging
    runs-on: ubuntu-latest
    environment: production
    steps:
      - run: helm upgrade --install shop ./chart -f values-production.yaml --atomic
`;

function shop(policy?: string) {
  const repo = repository();
  const files = { ".github/workflows/release.yml": RELEASE };
  repo.commit(policy === undefined ? files : { ...files, ".github/nines.yml": policy });
  return repo;
}

test("prints the checklist, the practices and the way to production", async () => {
  using repo = shop();
  const { code, stdout, stderr } = await nines(["stages", "--repo", repo.dir]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/before \.github\/workflows\/release\.yml#production/);
  expect(stdout).toMatch(/unit +advised +✓ gates/);
  expect(stdout).toMatch(/acceptance +advised +⚠ cannot block/);
  expect(stdout).toMatch(/stress .*to begin, run k6 up to the breaking point/);
  expect(stdout).toMatch(/staging comes first +✓ yes/);
  expect(stdout).toMatch(/rolls back on failure +✓ yes/);
  expect(stdout).toMatch(/test +unit, gates +after a push to main/);
  expect(stdout).toMatch(/e2e +acceptance, does not gate +after test/);
  expect(stdout).toMatch(/production +production +after staging/);
});

test("exits with 1 where the policy requires a stage that does not gate", async () => {
  using repo = shop("version: 1\nstages: { acceptance: required }\n");
  const { code, stdout } = await nines(["stages", "--repo", repo.dir]);
  expect(code).toBe(1);
  expect(stdout).toContain("nines / test-stages: fail");
});

test("draws the way as a diagram in Markdown", async () => {
  using repo = shop();
  const { code, stdout } = await nines(["stages", "--repo", repo.dir, "--format", "markdown"]);
  expect(code).toBe(0);
  expect(stdout).toContain("```mermaid\nflowchart LR\n");
  expect(stdout).toMatch(/n\d\{\{"e2e: acceptance, does not gate"\}\}/);
});

test("gives machines every cell", async () => {
  using repo = shop();
  const { stdout } = await nines(["stages", "--repo", repo.dir, "--format", "json"]);
  const { version, verdict, stages } = JSON.parse(stdout) as {
    version: number;
    verdict: string;
    stages: { cells: unknown[]; practices: unknown[]; path: unknown[] }[];
  };
  expect({ version, verdict }).toEqual({ version: 1, verdict: "pass" });
  expect(stages.map(({ cells, practices }) => [cells.length, practices.length])).toEqual([[7, 6]]);
});

test("says so where nothing deploys, and where there is no repository", async () => {
  using repo = repository();
  repo.commit({ "README.md": "# shop\n" });
  const { code, stdout } = await nines(["stages", "--repo", repo.dir]);
  expect(code).toBe(0);
  expect(stdout).toContain("No pipeline was found.");
  const missing = await nines(["stages", "--repo", `${repo.dir}/nowhere`]);
  expect(missing.code).toBe(2);
  expect(missing.stderr).toMatch(/^nines: [^\n]+\n$/);
});

const CHART = {
  "chart/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
  "chart/values.yaml": "replicas: 1\n",
  "chart/values-staging.yaml": "replicas: 1\n",
  "chart/values-production.yaml": "replicas: 3\n",
  "chart/templates/web.yaml": `apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: {{ .Values.replicas }}
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: shop:1 }] }
`,
};

test.each([
  ["text", /Where staging is not what production is[^]*Deployment\/web +replicas +1 +3\n/],
  [
    "markdown",
    /Where staging is not what production is[^]*\| `Deployment\/web` \| `replicas` \| `1` \| `3` \|/,
  ],
  ["json", /"aspect": "replicas",\n +"production": "3",\n +"staging": "1",\n +"subject": "Deployment\/web"/],
])("shows in %s where staging is not what production is, though nothing changes", async (format, table) => {
  using repo = repository();
  repo.commit({ ".github/workflows/release.yml": RELEASE, ...CHART });
  const { code, stdout } = await nines(["stages", "--repo", repo.dir, "--format", format]);
  expect(code).toBe(0);
  expect(stdout).toMatch(table);
});
