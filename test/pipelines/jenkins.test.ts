import { describe, expect, test } from "@jest/globals";
import type { GateVerdict } from "../../src/engine/types.ts";
import type { Delivery } from "../../src/pipelines/delivery.ts";
import { cellOf, deliveryOf } from "./trees.ts";

describe("Jenkins", () => {
  const jenkinsfile = (stages: string): Delivery =>
    deliveryOf({ Jenkinsfile: `pipeline {\n  agent any\n  stages {\n${stages}\n  }\n}\n` });
  const ship = "stage('Deploy production') { steps { sh 'kubectl apply -f k8s/' } }";
  const unit = (stages: string): GateVerdict | undefined => cellOf(jenkinsfile(stages), "unit")?.verdict;

  test.each<[string, string, GateVerdict]>([
    ["the order of stages", `stage('Test') { steps { sh "go test ./..." } }\n${ship}`, "required"],
    ["a stage after it", `${ship}\nstage('Test') { steps { sh 'go test ./...' } }`, "post"],
    [
      "catchError",
      `stage('Test') { steps { catchError(buildResult: 'SUCCESS') { sh 'go test ./...' } } }\n${ship}`,
      "advisory",
    ],
    [
      "a status that is returned",
      `stage('Test') { steps { script { def s = sh(returnStatus: true, script: 'go test ./...') } } }\n${ship}`,
      "advisory",
    ],
    [
      "a parallel stage",
      `stage('All') { parallel {\n stage('Test') { steps { sh 'go test ./...' } }\n stage('Lint') { steps { sh 'eslint .' } }\n } }\n${ship}`,
      "required",
    ],
    [
      "a stage that may be skipped",
      `stage('Test') { when { expression { return params.RUN } }\n steps { sh 'go test ./...' } }\n${ship}`,
      "skippable",
    ],
    [
      "a stage of another branch",
      `stage('Test') { when { not { branch 'main' } }\n steps { sh 'go test ./...' } }\nstage('Deploy production') { when { branch 'main' }\n steps { sh 'kubectl apply -f k8s/' } }`,
      "not-on-trigger",
    ],
    ["a commented stage", `// stage('Test') { steps { sh 'go test ./...' } }\n${ship}`, "absent"],
    [
      "a text with nothing in it",
      `stage('Test') { steps { echo '' \n sh 'go test ./...' } }\n${ship}`,
      "required",
    ],
  ])("%s", (_, stages, expected) => {
    expect(unit(stages)).toBe(expected);
  });

  test("a scripted pipeline's stages run in their order", () => {
    const text = `node {
  stage('Test') { sh '''
    make build
    go test ./...
  ''' }
  if (env.BRANCH_NAME == 'main') {
    stage('Deploy production') { sh "helm upgrade --install shop ./chart" }
  }
}
`;
    const cell = cellOf(deliveryOf({ Jenkinsfile: text }), "unit");
    expect(cell).toMatchObject({ verdict: "required", at: { path: "Jenkinsfile", line: 4 } });
  });

  test("legs of a map are read", () => {
    const text = `node { parallel(unit: { stage('Unit') { sh 'go test ./...' } }, style: { sh 'eslint .' })
  stage('Deploy production') { sh 'kubectl apply -f k8s/' } }
`;
    expect(cellOf(deliveryOf({ Jenkinsfile: text }), "unit")?.verdict).toBe("required");
  });

  test("a file whose stages a library makes is noted, and makes nothing absent", () => {
    const { notes, opaque } = deliveryOf({ Jenkinsfile: "@Library('shop') _\nwithPipeline('java') { }\n" });
    expect(notes).toMatchObject([{ path: "Jenkinsfile", message: expect.stringContaining("not analysed") }]);
    expect(opaque).toContain("Jenkinsfile");
  });
});
