import { describe, expect, test } from "@jest/globals";
import { readScript } from "../../src/pipelines/shell.ts";
import { unwrap } from "../../src/pipelines/unwrap.ts";

const commands = (script: string): string[] => readScript(script).map(({ text }) => text);
const swallowed = (script: string, text: string, pipefail = false): string | undefined =>
  readScript(script, { pipefail }).find((command) => command.text.startsWith(text))?.swallowed;

describe("splitting", () => {
  test("comments, quotes and here-documents hold no commands", () => {
    const script = "# go test\necho 'go test; x' # go vet\ncat <<'END' > f\ngo test\nEND\ngo build";
    expect(commands(script)).toEqual(["echo go test; x", "cat << > f", "go build"]);
  });

  test("continuations, separators and assignments", () => {
    expect(commands("A=1 B=2 go test \\\n  ./... && x; y")).toEqual(["go test ./...", "x", "y"]);
  });

  test("an expression stays one word, whatever it holds", () => {
    const [command] = readScript("deploy ${{ a && 'x y' || b }} now");
    expect(command?.words).toEqual(["deploy", "${{ a && 'x y' || b }}", "now"]);
  });

  test("lines are counted through continuations and here-documents", () => {
    const script = "a \\\n  b\ncat <<E\nx\nE\nc";
    expect(readScript(script).map(({ line }) => line)).toEqual([0, 2, 5]);
  });
});

describe("what hides a failure", () => {
  test.each([
    ["go test || true", "go test"],
    ["go test || echo oops", "go test"],
    ["go test || exit 0", "go test"],
    ["set +e\ngo test\necho done", "go test"],
    ["go test | tee log\necho done", "go test"],
    ["go test && go vet\necho done", "go test"],
    ["go test &\necho done", "go test"],
    ["go test || { echo oops; }", "go test"],
    ["go test || (echo oops)", "go test"],
    ["go test || { echo oops; exit 0; }", "go test"],
    ["{ go test; go vet; } || true", "go test"],
    ["(\n  cd api\n  go test\n) || echo failed", "go test"],
    ["for d in a b; do\n  go test\ndone || true", "go test"],
    ["if [ -d x ]; then go test; fi || true", "go test"],
    ["(go test) &\nwait", "go test"],
    ["set +o errexit\ngo test\necho done", "go test"],
    ["time go test || :", "go test"],
  ])("%j hides it", (script, text) => {
    expect(swallowed(script, text)).toBeDefined();
  });

  test.each([
    ["go test", "go test"],
    ["go test\necho done", "go test"],
    ["go test || exit 1", "go test"],
    ["go test || { echo oops; exit 1; }", "go test"],
    ["go test || (echo oops; exit 1)", "go test"],
    ["set +e\ngo test", "go test"],
    ["set +e\ngo test\ncode=$?\nexit $code", "go test"],
    ["set -o pipefail\ngo test | tee log", "go test"],
    ["go test && go vet", "go test"],
    ["if [ -d x ]; then\n  go test && go vet\nfi", "go test"],
    ["if ! go test; then exit 1; fi", "go test"],
    ["go test || { echo oops; exit $?; }", "go test"],
    ["go test || { if [ -n x ]; then exit 2; fi; }", "go test"],
    ["{ go test; } || { echo oops; exit 1; }", "go test"],
    ["(cd api && go test)", "go test"],
    ["for d in a b; do go test; done", "go test"],
    ["test() {\n  go test\n}\ntest", "go test"],
    ["set +e\nset -e\ngo test\necho done", "go test"],
    ["time go test\necho done", "go test"],
    ["X=1 go test\necho done", "go test"],
    ["echo a || true\ngo test\necho done", "go test"],
    ["case $X in\n  a) go test ;;\nesac", "go test"],
  ])("%j does not", (script, text) => {
    expect(swallowed(script, text)).toBeUndefined();
  });

  test("a pipe in GitHub's explicit bash fails with its first part", () => {
    expect(swallowed("go test | tee log\necho done", "go test", true)).toBeUndefined();
  });
});

describe("unwrapping", () => {
  test.each([
    ["npx --yes playwright test", "playwright test"],
    ["timeout 10m xvfb-run -a cypress run", "cypress run"],
    ["bundle exec rspec", "rspec"],
    ["python -m pytest -q", "pytest -q"],
    ["docker compose -f ci.yml run --rm -e A=1 web npm test", "npm test"],
    ["docker run --rm -v a:b -e X=1 node:22 npm test", "npm test"],
    ["nix develop -c cargo test", "cargo test"],
    ["./node_modules/.bin/jest --ci", "jest --ci"],
    ["sudo -E env A=1 B=2 go test", "go test"],
    ["sudo env X=1 timeout 5m go test", "go test"],
    ["env -i A=1 go test", "go test"],
    ["time -p go test", "go test"],
    ["nohup nice -n 5 go test", "go test"],
    ["timeout --signal=KILL 10m go test", "go test"],
    ["timeout -k 5 10m go test", "go test"],
    ["retry 3 go test", "go test"],
    ["retry -n 3 -- go test", "go test"],
    ["./scripts/retry.sh 5 go test", "go test"],
    ["flock /tmp/x go test", "go test"],
    ["xargs -n1 go test", "go test"],
    ["docker run --rm -it --network host golang go test", "go test"],
    ["docker run --rm -e=A golang:1 sudo go test", "go test"],
    ["podman run img npm test", "npm test"],
    ["docker exec -it -w /src app go test", "go test"],
    ["kubectl exec deploy/x -- go test", "go test"],
    ["docker-compose run --rm app bundle exec rspec", "rspec"],
    ["poetry run python -m pytest", "pytest"],
    ["uv run --frozen pytest", "pytest"],
    ["dotenv -e .env.test -- jest", "jest"],
    ["cross-env CI=1 jest", "jest"],
  ])("%j is %j", (command, inner) => {
    expect(unwrap(command.split(" ")).texts).toContain(inner);
  });

  test("an image with an entry point is the command itself", () => {
    expect(unwrap(["docker", "run", "grafana/k6:1.0", "run", "load.js"]).texts).toContain("k6 run load.js");
  });

  test("bash -c holds a script", () => {
    expect(unwrap(["bash", "-ec", "go test || true"]).script).toBe("go test || true");
  });
});
