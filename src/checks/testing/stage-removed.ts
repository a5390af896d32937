import { weakeningProblems } from "../../pipelines/problems.ts";
import { defineCheck, severities } from "../define.ts";

const FILE = ".github/workflows/release.yml";

const release = (jobs: string, needs: string): Record<string, string> => ({
  [FILE]: `on:
  push: { branches: [main] }
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - run: docker build .
${jobs}  deploy-production:
    runs-on: ubuntu-latest
    needs: ${needs}
    steps:
      - run: kubectl apply -f k8s/
`,
});

const E2E = `  e2e:
    needs: build
    runs-on: ubuntu-latest
    steps:
      - run: npx playwright test
`;
const COMMENTED = `#  e2e: # <- finding
#    needs: build
#    runs-on: ubuntu-latest
#    steps:
#      - run: npx playwright test
`;
const GOOD = release(E2E, "[build, e2e]");

const CI = `on: pull_request
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - run: mvn -B verify
  style:
    runs-on: ubuntu-latest
    steps:
      - run: npx prettier --check .
`;

export default defineCheck({
  id: "stage-removed",
  title: "A test stage on the way to production is dropped",
  pillar: "testing",
  kind: "pipelines",
  severity: severities("error", "error", "warning"),
  confidence: "certain",
  why: "From the next deploy on, faults that this stage caught reach users. Stages that are dropped for a day tend to stay away.",
  fix: "Bring the stage back before the deploy. If another tool does its work now, let the deploy need that.",
  references: [
    "https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idneeds",
  ],
  unsafe: [
    { title: "the job is deleted", before: GOOD, after: release("", "[build] # <- finding") },
    {
      title: "the job is commented out",
      before: GOOD,
      after: release(COMMENTED, "[build]"),
    },
    {
      title: "the step is replaced by another",
      before: GOOD,
      after: release(
        E2E.replace("e2e:", "e2e: # <- finding").replace("npx playwright test", "npx playwright install"),
        "[build, e2e]",
      ),
    },
    {
      title: "the only tests of pull requests are deleted",
      before: { ".github/workflows/ci.yml": CI },
      after: {
        ".github/workflows/ci.yml": `on: pull_request # <- finding
jobs:
  style:
    runs-on: ubuntu-latest
    steps:
      - run: npx prettier --check .
`,
      },
    },
  ],
  safe: [
    {
      title: "another tool does its work",
      before: GOOD,
      after: release(E2E.replace("npx playwright test", "npx cypress run"), "[build, e2e]"),
    },
    {
      title: "it moves to a called workflow",
      before: GOOD,
      after: {
        ...release("  e2e:\n    needs: build\n    uses: ./.github/workflows/e2e.yml\n", "[build, e2e]"),
        ".github/workflows/e2e.yml": `on: workflow_call
jobs:
  browser:
    runs-on: ubuntu-latest
    steps:
      - run: npx playwright test
`,
      },
    },
    {
      title: "it moves to a workflow of another repository, which cannot be read",
      before: GOOD,
      after: release(
        "  e2e:\n    needs: build\n    uses: shop/workflows/.github/workflows/e2e.yml@v2\n",
        "[build, e2e]",
      ),
    },
    { title: "there never was one", before: release("", "[build]"), after: release("", "build") },
  ],

  run: (change) => weakeningProblems(change, ({ kind, purpose }) => kind === "gone" && purpose !== "staging"),
});
