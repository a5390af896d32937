import { suite } from "./suite.ts";

const drone = (test_: string, deploy: string, more = ""): string => `kind: pipeline
type: docker
name: default
${more}steps:
  - name: test
    image: golang
    commands: [go test ./...]
${test_}  - name: deploy-production
    image: alpine/k8s
    commands:
      - kubectl apply -f k8s/production/
${deploy}`;

suite("Drone", {
  path: ".drone.yml",
  base: drone("", ""),
  unsafe: [
    ["failure: ignore", drone("    failure: ignore # <- here\n", ""), /Step test now has `failure: ignore`/],
    [
      "a deploy whatever the status",
      drone("", "    when: { status: [success, failure] } # <- here\n"),
      /now runs if/,
    ],
    [
      "steps that become a graph",
      drone("", "  - { name: notify, image: alpine, depends_on: [test] }\n").replace(
        "name: deploy-production",
        "name: deploy-production # <- here",
      ),
      /no longer needs test/,
    ],
    [
      "tests on pull requests only",
      drone("    when: { event: pull_request } # <- here\n", ""),
      /now runs only if/,
    ],
    ["a test that is detached", drone("    detach: true # <- here\n", ""), /now has/],
  ],
  safe: [
    ["depends_on in the place of the order", drone("", "    depends_on: [test]\n")],
    ["a deploy from one branch", drone("", "    when: { branch: main, event: push }\n")],
    ["a trigger for all", drone("", "", "trigger: { branch: [main] }\n")],
    [
      "a report whatever the status",
      drone(
        "",
        "  - name: report\n    image: alpine\n    commands: [echo done]\n    when: { status: [failure] }\n",
      ),
    ],
  ],
});

const two = (head: string, test_ = ""): string => `kind: pipeline
name: tests
steps:
  - { name: unit, image: golang, commands: [go test ./...] }
${test_}---
kind: pipeline
name: ship-production
steps:
  - { name: apply, image: alpine/k8s, commands: [kubectl apply -f k8s/] }
${head}`;

suite("Drone with two pipelines", {
  path: ".drone.yml",
  base: two("depends_on: [tests]\n"),
  unsafe: [
    [
      "a pipeline that waits for nothing",
      two("").replace("name: ship-production", "name: ship-production # <- here"),
      /no longer needs tests/,
    ],
    [
      "a pipeline that ships after a failure",
      two("depends_on: [tests]\ntrigger: { status: [success, failure] } # <- here\n"),
      /now runs if/,
    ],
  ],
  safe: [["a pipeline that is promoted", two("depends_on: [tests]\ntrigger: { branch: [main] }\n")]],
});

const woodpecker = (test_: string, deploy: string): string => `when:
  - event: push
    branch: main
steps:
  test:
    image: golang
    commands: [go test ./...]
${test_}  deploy-production:
    image: alpine/k8s
    commands: [helm upgrade --install shop ./chart]
${deploy}`;

suite("Woodpecker", {
  path: ".woodpecker/release.yaml",
  base: woodpecker("", ""),
  unsafe: [
    ["failure: ignore", woodpecker("    failure: ignore # <- here\n", ""), /now has `failure: ignore`/],
    [
      "a deploy whatever the status",
      woodpecker("", "    when:\n      - status: [success, failure]\n").replace(
        "    when:\n      - s",
        "    when: # <- here\n      - s",
      ),
      /now runs if/,
    ],
    [
      "a deploy that waits for nothing",
      woodpecker("", "    depends_on: [] # <- here\n"),
      /no longer needs test/,
    ],
  ],
  safe: [
    ["a deploy that waits for the test", woodpecker("", "    depends_on: [test]\n")],
    ["a deploy on pushes", woodpecker("", "    when:\n      - event: push\n      - event: manual\n")],
  ],
});
