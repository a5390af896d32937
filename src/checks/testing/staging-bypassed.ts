import { weakeningProblems } from "../../pipelines/problems.ts";
import { defineCheck, severities } from "../define.ts";

const FILE = ".github/workflows/deploy.yml";

const deploy = (production: string): Record<string, string> => ({
  [FILE]: `on:
  push: { branches: [main] }
jobs:
  staging:
    runs-on: ubuntu-latest
    environment: staging
    steps:
      - run: helm upgrade --install shop ./chart -f values-staging.yaml --wait
  production:
    runs-on: ubuntu-latest
    environment: production
${production}    steps:
      - run: helm upgrade --install shop ./chart -f values-production.yaml --wait
`,
});
const GOOD = deploy("    needs: staging\n");

export default defineCheck({
  id: "staging-bypassed",
  title: "Production no longer waits for a good staging deploy",
  pillar: "testing",
  kind: "pipelines",
  severity: severities("error", "warning", "warning"),
  confidence: "likely",
  why: "A chart or a migration that cannot be rolled out fails first where users are, instead of where nobody is.",
  fix: "Let the production deploy need the staging deploy, and run only if that succeeded.",
  references: [
    "https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idneeds",
  ],
  unsafe: [
    {
      title: "production no longer needs staging",
      before: GOOD,
      after: { [FILE]: (deploy("")[FILE] ?? "").replace("  production:\n", "  production: # <- finding\n") },
    },
    {
      title: "production runs even if staging failed",
      before: GOOD,
      after: deploy("    needs: staging\n    if: always() # <- finding\n"),
    },
    {
      title: "staging is dropped",
      before: GOOD,
      after: {
        [FILE]: `on:
  push: { branches: [main] }
jobs:
  production: # <- finding
    runs-on: ubuntu-latest
    environment: production
    steps:
      - run: helm upgrade --install shop ./chart -f values-production.yaml --wait
`,
      },
    },
  ],
  safe: [
    {
      title: "a job is put between the two",
      before: GOOD,
      after: {
        [FILE]: (deploy("    needs: smoke\n")[FILE] ?? "").replace(
          "  production:\n",
          "  smoke:\n    needs: staging\n    runs-on: ubuntu-latest\n    steps:\n      - run: ./smoke.sh\n  production:\n",
        ),
      },
    },
    {
      title: "production asks for staging's result itself",
      before: GOOD,
      after: deploy("    needs: staging\n    if: ${{ !cancelled() && needs.staging.result == 'success' }}\n"),
    },
    { title: "production never waited", before: deploy(""), after: deploy("    timeout-minutes: 20\n") },
  ],

  run: (change) => weakeningProblems(change, ({ purpose }) => purpose === "staging"),
});
