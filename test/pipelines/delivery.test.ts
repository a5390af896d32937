import { describe, expect, test } from "@jest/globals";
import { cellOf, deliveryOf, job, workflow } from "./trees.ts";

const deploy = job("deploy-production", "helm upgrade --install shop ./chart", "    needs: [test]\n");
const files = workflow(job("test", "go test ./...") + deploy);

describe("a delivery", () => {
  test("has one row a production deploy, with all seven stages", () => {
    const { rows } = deliveryOf(files);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      deploy: ".github/workflows/release.yml#deploy-production",
      at: { line: 8, column: 3 },
    });
    expect(rows[0]?.cells.map(({ stage }) => stage)).toEqual([
      "unit",
      "acceptance",
      "performance",
      "stress",
      "rollback",
      "data-restore",
      "penetration",
    ]);
  });

  test("says where each stage exists, and what it gates", () => {
    expect(deliveryOf(files).inventory).toMatchObject([
      {
        stage: "unit",
        job: ".github/workflows/release.yml#test",
        at: { line: 7 },
        gates: [".github/workflows/release.yml#deploy-production"],
      },
    ]);
  });

  test("without a production deploy there is no row, and still an inventory", () => {
    const { rows, inventory } = deliveryOf(workflow(job("test", "go test ./..."), "pull_request: {}"));
    expect(rows).toEqual([]);
    expect(inventory).toHaveLength(1);
  });

  test("workflows below another folder do not run", () => {
    const nested = { [`templates/${Object.keys(files)[0] ?? ""}`]: Object.values(files)[0] ?? "" };
    expect(deliveryOf(nested).pipelines).toEqual([]);
  });
});

describe("other CI systems", () => {
  test.each([
    "Jenkinsfile",
    ".gitlab-ci.yml",
    ".circleci/config.yml",
    "azure-pipelines.yml",
    ".travis.yml",
    "bitbucket-pipelines.yml",
    ".buildkite/pipeline.yml",
  ])("%s is noted, and makes absent unknown", (path) => {
    const alone = cellOf(deliveryOf(files), "stress")?.verdict;
    const { notes, ...delivery } = deliveryOf({ ...files, [path]: "x" });
    expect(notes).toMatchObject([{ path, message: expect.stringContaining("not analysed") }]);
    expect([alone, cellOf({ notes, ...delivery }, "stress")?.verdict]).toEqual(["absent", "unknown"]);
  });
});
