import { describe, expect, test } from "@jest/globals";
import { isPresent } from "../../src/pipelines/delivery.ts";
import type { Evidence } from "../../src/pipelines/evidence.ts";
import { deliveryOf, job, workflow } from "./trees.ts";

function evidenceOf(step: string, files: Readonly<Record<string, string>> = {}): readonly Evidence[] {
  const jobs = `  main:\n    runs-on: ubuntu-latest\n    steps:\n      - ${step.replaceAll("\n", "\n        ")}\n`;
  return deliveryOf({ ...workflow(jobs), ...files }).evidence.filter(isPresent);
}
const purposesOf = (step: string, files: Readonly<Record<string, string>> = {}): string[] => [
  ...new Set(evidenceOf(step, files).map(({ purpose }) => purpose)),
];

describe("what a step tests", () => {
  test.each([
    ["run: go test ./...", "unit"],
    ["run: mvn -B verify", "unit"],
    ["run: ./gradlew build", "unit"],
    ["run: npm test", "unit"],
    ["run: make test", "unit"],
    ["run: ./gradlew :app:integrationTest", "acceptance"],
    ["run: npx playwright test", "acceptance"],
    ["uses: cypress-io/github-action@v6", "acceptance"],
    ["run: pytest --base-url=https://staging.example tests/", "acceptance"],
    ["run: go test ./test/e2e/...", "acceptance"],
    ["run: npm run test:e2e", "acceptance"],
    ["run: helm test shop", "acceptance"],
    ["run: k6 run functional/checkout.js", "acceptance"],
    ["run: docker run --rm -i grafana/k6 run load.js", "performance"],
    ["run: wrk -t2 https://staging.example", "performance"],
    ["run: k6 run stress.js", "stress"],
    ["run: kubectl apply -f podchaos.yaml", "stress"],
    ["run: velero restore create --from-backup daily", "data-restore"],
    ["run: pg_restore -d scratch latest.dump", "data-restore"],
    ["uses: zaproxy/action-full-scan@v0.12.0", "penetration"],
    ["run: docker run -t ghcr.io/zaproxy/zaproxy zap-baseline.py -t https://x", "penetration"],
    ["run: trivy fs .", "security-scan"],
    ["run: yamllint .", "lint"],
  ])("%j is %s", (step, purpose) => {
    expect(purposesOf(step)).toEqual([purpose]);
  });

  test.each([
    "jest --testPathIgnorePatterns=e2e",
    "jest --testPathIgnorePatterns e2e smoke --ci",
    "jest --testPathPattern '^(?!.*e2e)'",
    "npx vitest run --exclude 'e2e/**'",
    "npx mocha --ignore test/e2e",
    "npx mocha --grep @e2e --invert",
    "npm test -- --exclude e2e",
    "pytest --ignore=tests/e2e",
    "pytest -m 'not slow and not integration'",
    "pytest -m 'not (slow or integration)'",
    "go test $(go list ./... | grep -v e2e)",
    "go test $(go list ./... | grep -vE '/(e2e|smoke)' | grep -v /integration/)",
    "go test -skip Integration ./...",
    "cargo test -- --skip e2e",
    "cargo nextest run -E 'not test(e2e)'",
    "./gradlew check -x :app:integrationTest",
    "mvn test -Dtest='!E2e*,!Smoke*'",
    "mvn verify -P '!integration'",
    "vendor/bin/phpunit --exclude-group integration,e2e",
    "bundle exec rspec --tag ~e2e",
    "dotnet test --filter 'Category!=Integration&Category!=E2E'",
    "flutter test -x e2e",
    "ctest -LE e2e",
    "npx nx run-many --target=test --exclude=shop-e2e",
    "npx turbo run test --filter='!@shop/e2e'",
  ])("%j leaves out what it names, and stays unit", (command) => {
    expect(purposesOf(`run: ${JSON.stringify(command)}`)).toEqual(["unit"]);
  });

  test.each([
    "pytest -x tests/e2e",
    "pytest tests/e2e --ignore=tests/e2e/slow",
    "pytest -m 'not slow and integration'",
    "jest e2e --testPathIgnorePatterns=smoke",
    "npx vitest run --exclude node_modules e2e",
    "go test -v ./test/e2e/...",
    "go test $(go list ./... | grep e2e)",
    "./gradlew integrationTest -x test",
    "npm run test:e2e -- --skip smoke",
  ])("%j runs what it names", (command) => {
    expect(purposesOf(`run: ${JSON.stringify(command)}`)).toEqual(["acceptance"]);
  });

  test.each([
    "run: mvn package -DskipTests",
    "run: ./gradlew build -x test",
    "run: npx playwright install --with-deps",
    "run: npx cypress verify",
    "run: npx cypress run --component",
    "run: pytest --collect-only",
    "run: make e2e-start-containers",
    "run: dotnet restore",
    "run: echo 'npm test'",
    "run: velero backup create before-deploy",
    "run: helm upgrade --install shop ./chart --atomic",
    "uses: actions/cache/restore@v4",
    "name: Playwright report\nuses: actions/upload-artifact@v4",
    "name: deploy-test\nrun: ./ship.sh test",
  ])("%j is none of the stages", (step) => {
    expect(purposesOf(step)).toEqual([]);
  });

  test("scanners of dependencies and code are no penetration tests", () => {
    expect(purposesOf("uses: dependency-check/Dependency-Check_Action@main")).toEqual(["security-scan"]);
    expect(purposesOf("uses: github/codeql-action/analyze@v3")).toEqual(["security-scan"]);
  });
});

describe("what cannot fail", () => {
  test.each([
    "uses: zaproxy/action-baseline@v0.14.0",
    "uses: benchmark-action/github-action-benchmark@v1",
    "run: nuclei -u https://staging.example",
    "run: zap-baseline.py -t https://staging.example -I",
    "run: hey https://staging.example",
    "run: npm test || true",
  ])("%j", (step) => {
    expect(evidenceOf(step)[0]?.cannotFail).toBeDefined();
  });

  test.each([
    "uses: zaproxy/action-baseline@v0.14.0\nwith: { fail_action: true }",
    "uses: benchmark-action/github-action-benchmark@v1\nwith: { fail-on-alert: true }",
    "run: npm test",
  ])("but %j can", (step) => {
    expect(evidenceOf(step)[0]?.cannotFail).toBeUndefined();
  });

  test("k6 can fail where its thresholds are seen", () => {
    const load = (text: string) => evidenceOf("run: k6 run load.js", { "load.js": text })[0];
    expect(
      load("export const options = { thresholds: { http_req_failed: ['rate<0.01'] } };"),
    ).not.toHaveProperty("cannotFail");
    expect(load("export const options = { vus: 5 };")?.cannotFail).toContain("load.js sets no thresholds");
  });

  test("a load test with limits is one whatever its file is called", () => {
    const smoke = (text: string) => evidenceOf("run: k6 run smoke.js", { "smoke.js": text })[0];
    const limits = (metric: string): string => `export const options = { thresholds: { ${metric} } };`;
    expect(smoke(limits("http_req_duration: ['p(95)<400']"))?.purpose).toBe("performance");
    expect(smoke(limits("http_req_failed: ['rate<0.01']"))?.purpose).toBe("performance");
    expect(smoke(limits("checks: ['rate==1.0']"))).toMatchObject({ purpose: "acceptance" });
    expect(smoke(limits("checks: ['rate==1.0']"))).not.toHaveProperty("cannotFail");
    expect(smoke("export default () => check(get(), {});")).toMatchObject({
      purpose: "acceptance",
      cannotFail: expect.stringContaining("smoke.js sets no thresholds"),
    });
  });

  test("where a load test's criterion is not seen, nothing is claimed", () => {
    const [unseen] = evidenceOf("run: k6 run load.js");
    expect(unseen).toMatchObject({ unsure: expect.stringContaining("thresholds") });
    const files = { "load.js": "import { options } from './options.js';\nexport { options };\n" };
    expect(evidenceOf("run: k6 run load.js", files)[0]).toMatchObject({ unsure: expect.any(String) });
    expect(
      evidenceOf("run: artillery run load.yml", { "load.yml": "config: {}\n" })[0]?.cannotFail,
    ).toContain("ensure");
  });
});

describe("scripts of the repository", () => {
  const packageJson = (scripts: Record<string, string>): Record<string, string> => ({
    "package.json": JSON.stringify({ scripts }),
  });

  test("a package script is what it runs", () => {
    expect(purposesOf("run: npm run verify", packageJson({ verify: "playwright test" }))).toEqual([
      "acceptance",
    ]);
    expect(purposesOf("run: npm test", packageJson({ test: "echo none" }))).toEqual([]);
  });

  test("a script that hides failures is seen through", () => {
    const [found] = evidenceOf("run: npm test", packageJson({ test: "jest || true" }));
    expect(found?.cannotFail).toContain("|| true");
  });

  test("a Makefile's target is followed to what it needs", () => {
    const makefile = "ci: unit lint\n\nunit:\n\t@go test ./...\n\nlint:\n\tgolangci-lint run\n";
    expect(purposesOf("run: make ci", { Makefile: makefile }).sort()).toEqual(["lint", "unit"]);
  });

  test("a shell file is read, in the folder where it runs", () => {
    expect(
      purposesOf("run: ./ci.sh\nworking-directory: api", { "api/ci.sh": "#!/bin/sh\ncargo test\n" }),
    ).toEqual(["unit"]);
  });

  test("scripts that call each other come to an end", () => {
    expect(purposesOf("run: npm run a", packageJson({ a: "npm run b", b: "npm run a" }))).toEqual([]);
  });
});

describe("a rollback test", () => {
  test("goes down after up, in one job", () => {
    expect(purposesOf("run: |\n  alembic upgrade head\n  alembic downgrade -1\n  pytest")).toContain(
      "rollback",
    );
  });

  test("looks at what came back", () => {
    expect(purposesOf("run: |\n  helm rollback shop\n  kubectl rollout status deploy/shop")).toContain(
      "rollback",
    );
  });

  test.each([
    "curl -f https://staging.example",
    "npx playwright test",
    "./scripts/smoke.sh",
    "k6 run smoke.js",
  ])("looks by %j", (command) => {
    expect(purposesOf(`run: |\n  helm rollback shop\n  ${command}`)).toContain("rollback");
  });

  test("is not the repair after a failed deploy, nor an operator's button", () => {
    expect(
      purposesOf(
        "if: failure()\nrun: |\n  kubectl rollout undo deploy/shop\n  kubectl rollout status deploy/shop",
      ),
    ).toEqual([]);
    expect(purposesOf("run: helm rollback shop")).toEqual([]);
    expect(purposesOf("run: alembic downgrade -1")).toEqual([]);
  });
});

test("a name alone makes a stage neither present nor absent", () => {
  const jobs = job("integration-tests", "./run-all") + job("deploy-production", "helm upgrade shop .");
  const delivery = deliveryOf(workflow(jobs));
  const cell = delivery.rows[0]?.cells.find(({ stage }) => stage === "acceptance");
  expect(cell?.verdict).toBe("unknown");
});
