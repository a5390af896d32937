/** Workflows as a company's repository of five services has them, or those of a folder. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const SERVICES = ["cart", "search", "payments", "accounts", "media"];
/** How many workflows a measure reads: more than almost any repository has. */
const COUNT = 30;

type Texts = ReadonlyMap<string, string>;

/** Path → text of 30 workflows, the same on every machine. */
export function benchWorkflows(): Texts {
  const kinds = { ci, deploy, release, nightly, image, preview };
  const all = SERVICES.flatMap((service) =>
    Object.entries(kinds).map(([kind, text]) => [`${service}-${kind}.yml`, text(service)] as const),
  );
  return new Map(all.map(([name, text]) => [`.github/workflows/${name}`, text]));
}

/**
 * 30 workflows of all that lie below a folder, each text once: from the smallest to the largest in even steps.
 * @throws Error where the folder holds fewer
 */
export function workflowsBelow(folder: string): Texts {
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" });
  const found = paths.filter((path) => /\.github\/workflows\/[^/]+\.ya?ml$/.test(path));
  const texts = [...new Set(found.map((path) => readFileSync(join(folder, path), "utf8")))];
  if (texts.length < COUNT)
    throw new Error(`${folder} holds ${texts.length} workflows; ${COUNT} are measured.`);
  const sorted = texts.toSorted((one, other) => one.length - other.length);
  const picked = Array.from({ length: COUNT }, (_, index) => {
    return sorted[Math.round((index * (sorted.length - 1)) / (COUNT - 1))] ?? "";
  });
  return new Map(picked.map((text, index) => [`.github/workflows/${index}.yml`, text]));
}

/** The same after an everyday change: one job runs on a newer machine. */
export function afterNewRunner(workflows: Texts): Texts {
  const [[path, text] = ["", ""]] = [...workflows];
  return new Map([...workflows, [path, `${text.replace("ubuntu-22.04", "ubuntu-24.04")}# newer machines\n`]]);
}

const setUp = (service: string) => `      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with:
          node-version: 22
          cache: npm
          cache-dependency-path: services/${service}/package-lock.json
      - run: npm ci
        working-directory: services/${service}`;

const ci = (service: string) => `name: ${service} CI
on:
  pull_request:
    paths: ["services/${service}/**", "libs/**", ".github/workflows/${service}-ci.yml"]
  push:
    branches: [main]
    paths: ["services/${service}/**", "libs/**"]
  merge_group:
concurrency:
  group: \${{ github.workflow }}-\${{ github.ref }}
  cancel-in-progress: \${{ github.event_name == 'pull_request' }}
permissions:
  contents: read
jobs:
  lint:
    runs-on: ubuntu-22.04
    steps:
${setUp(service)}
      - run: npm run lint && npm run typecheck
        working-directory: services/${service}
  unit:
    runs-on: ubuntu-22.04
    strategy:
      fail-fast: false
      matrix:
        node: [20, 22, 24]
        shard: [1, 2]
        exclude:
          - { node: 20, shard: 2 }
    steps:
${setUp(service)}
      - name: Unit tests
        working-directory: services/${service}
        run: |
          set -euo pipefail
          npx jest --ci --shard=\${{ matrix.shard }}/2 --coverage | tee unit.log
      - uses: actions/upload-artifact@v4
        if: always()
        with:
          name: unit-\${{ matrix.node }}-\${{ matrix.shard }}
          path: services/${service}/unit.log
  acceptance:
    needs: [lint, unit]
    runs-on: ubuntu-22.04
    services:
      postgres:
        image: postgres:17
        env: { POSTGRES_PASSWORD: test }
        ports: ["5432:5432"]
        options: --health-cmd pg_isready --health-interval 5s
    steps:
${setUp(service)}
      - uses: helm/kind-action@v1
      - name: Start it in a cluster of its own
        run: |
          docker build -t ${service}:test services/${service}
          kind load docker-image ${service}:test
          kubectl apply -k deploy/${service}/test
          kubectl rollout status deployment/${service} --timeout=180s
      - run: npx playwright test --project=chromium
        working-directory: services/${service}
      - if: failure()
        run: kubectl logs --all-containers --selector app=${service} --tail=500
  required:
    if: always()
    needs: [lint, unit, acceptance]
    runs-on: ubuntu-22.04
    steps:
      - run: |
          if [[ "\${{ contains(needs.*.result, 'failure') || contains(needs.*.result, 'cancelled') }}" == "true" ]]; then
            exit 1
          fi
`;

const deploy = (service: string) => `name: Deploy ${service}
on:
  push:
    branches: [main]
    paths: ["services/${service}/**", "deploy/${service}/**"]
  workflow_dispatch:
    inputs:
      environment:
        type: choice
        options: [staging, production]
        default: staging
env:
  REGISTRY: registry.example.com/shop
  TAG: \${{ github.sha }}
jobs:
  build:
    runs-on: ubuntu-22.04
    outputs:
      digest: \${{ steps.push.outputs.digest }}
    steps:
      - uses: actions/checkout@v4
      - uses: docker/setup-buildx-action@v3
      - id: push
        uses: docker/build-push-action@v6
        with:
          context: services/${service}
          push: true
          tags: \${{ env.REGISTRY }}/${service}:\${{ env.TAG }}
          cache-from: type=gha
          cache-to: type=gha,mode=max
  test:
    runs-on: ubuntu-22.04
    steps:
${setUp(service)}
      - run: npm test
        working-directory: services/${service}
  staging:
    needs: [build, test]
    runs-on: ubuntu-22.04
    environment: { name: staging, url: "https://${service}.staging.example.com" }
    steps:
      - uses: actions/checkout@v4
      - name: Deploy
        run: |
          helm upgrade --install ${service} deploy/${service}/chart \\
            --namespace staging \\
            --values deploy/${service}/values-staging.yaml \\
            --set image.tag="\${TAG}" \\
            --atomic --timeout 5m
  load:
    needs: staging
    runs-on: ubuntu-22.04
    steps:
      - uses: actions/checkout@v4
      - uses: grafana/setup-k6-action@v1
      - run: k6 run tests/load/${service}.js --vus 50 --duration 5m
  production:
    needs: [staging, load]
    if: github.ref == 'refs/heads/main' && (github.event_name == 'push' || inputs.environment == 'production')
    runs-on: ubuntu-22.04
    environment: { name: production, url: "https://${service}.example.com" }
    concurrency: { group: "${service}-production", cancel-in-progress: false }
    steps:
      - uses: actions/checkout@v4
      - name: Deploy
        run: |
          helm upgrade --install ${service} deploy/${service}/chart \\
            --namespace production \\
            --values deploy/${service}/values-production.yaml \\
            --set image.tag="\${TAG}" \\
            --wait --timeout 10m
          kubectl --namespace production rollout status deployment/${service} --timeout=300s
      - name: Go back
        if: failure()
        run: helm rollback ${service} --namespace production --wait
`;

const release = (service: string) => `name: Release ${service}
on:
  push:
    tags: ["${service}/v*"]
permissions:
  contents: write
jobs:
  publish:
    runs-on: ubuntu-22.04
    steps:
${setUp(service)}
      - run: npm run build --if-present
        working-directory: services/${service}
      - name: Notes
        run: |
          previous="$(git describe --tags --abbrev=0 --match '${service}/v*' HEAD^ || true)"
          {
            echo "## ${service}"
            git log --format='- %s' "\${previous:+\${previous}..}HEAD" -- services/${service}
          } > notes.md
      - run: gh release create "\${GITHUB_REF_NAME}" --notes-file notes.md
        env:
          GH_TOKEN: \${{ github.token }}
`;

const nightly = (service: string) => `name: Nightly tests of ${service}
on:
  schedule:
    - cron: "17 2 * * *"
  workflow_dispatch:
jobs:
  soak:
    runs-on: ubuntu-22.04
    timeout-minutes: 90
    steps:
      - uses: actions/checkout@v4
      - run: k6 run --vus 200 --duration 45m tests/soak/${service}.js
  restore:
    runs-on: ubuntu-22.04
    steps:
      - uses: actions/checkout@v4
      - name: Restore last night's backup into a database of its own
        run: |
          aws s3 cp "s3://backups/${service}/$(date -d yesterday +%F).dump" restore.dump
          createdb restore && pg_restore --dbname restore --exit-on-error restore.dump
          psql restore --command 'SELECT count(*) FROM orders' --tuples-only | grep --quiet '[1-9]'
  scan:
    runs-on: ubuntu-22.04
    steps:
      - uses: zaproxy/action-full-scan@v0.12.0
        with:
          target: https://${service}.staging.example.com
          fail_action: true
  report:
    needs: [soak, restore, scan]
    if: \${{ !cancelled() && contains(needs.*.result, 'failure') }}
    runs-on: ubuntu-22.04
    steps:
      - uses: slackapi/slack-github-action@v2
        with:
          webhook: \${{ secrets.SLACK_WEBHOOK }}
          webhook-type: incoming-webhook
          payload: |
            text: "Nightly tests of ${service} failed"
`;

const image = (service: string) => `name: Base image of ${service}
on:
  schedule: [{ cron: "0 5 * * 1" }]
  pull_request:
    paths: ["services/${service}/Dockerfile"]
jobs:
  scan:
    runs-on: ubuntu-22.04
    strategy:
      matrix:
        include:
          - { platform: linux/amd64, runner: ubuntu-22.04 }
          - { platform: linux/arm64, runner: ubuntu-22.04-arm }
    steps:
      - uses: actions/checkout@v4
      - run: docker build --platform \${{ matrix.platform }} -t ${service}:scan services/${service}
      - uses: aquasecurity/trivy-action@0.28.0
        with:
          image-ref: ${service}:scan
          exit-code: "1"
          severity: CRITICAL,HIGH
`;

const preview = (service: string) => `name: Preview of ${service}
on:
  pull_request:
    types: [opened, synchronize, reopened, closed]
    paths: ["services/${service}/**"]
jobs:
  up:
    if: github.event.action != 'closed' && github.event.pull_request.head.repo.full_name == github.repository
    runs-on: ubuntu-22.04
    environment: preview
    steps:
      - uses: actions/checkout@v4
      - run: |
          kubectl create namespace "preview-\${{ github.event.number }}" --dry-run=client -o yaml | kubectl apply -f -
          helm upgrade --install ${service} deploy/${service}/chart --namespace "preview-\${{ github.event.number }}" \\
            --values deploy/${service}/values-preview.yaml --set image.tag="\${{ github.event.pull_request.head.sha }}"
  down:
    if: github.event.action == 'closed'
    runs-on: ubuntu-22.04
    steps:
      - run: kubectl delete namespace "preview-\${{ github.event.number }}" --ignore-not-found
`;
