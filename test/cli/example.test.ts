import { expect, test } from "@jest/globals";
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Report } from "../../src/engine/types.ts";
import { repository } from "../sources/repository.ts";
import { nines } from "./run-cli.ts";

const SHOP = join(import.meta.dirname, "..", "..", "examples", "shop");

test("the shop's change is judged by its five hazards, and by nothing harmless in it", async () => {
  using repo = repository();
  cpSync(join(SHOP, "before"), repo.dir, { recursive: true });
  repo.commit({});
  for (const path of ["deploy", ".github", "package.json"]) rmSync(join(repo.dir, path), { recursive: true });
  cpSync(join(SHOP, "after"), repo.dir, { recursive: true });
  repo.commit({});

  const { code, stdout } = await nines([
    "review",
    "--repo",
    repo.dir,
    "--base",
    "HEAD~1",
    "--format",
    "json",
  ]);

  const { findings, notes } = JSON.parse(stdout) as Report;
  const said = new Set(
    findings
      .filter(({ standing }) => standing === "introduced" || standing === "worsened")
      .map(({ check, subject }) => `${check} ${subject.ref}`),
  );
  expect(code).toBe(1);
  expect(notes).toEqual([]);
  expect([...said].sort()).toEqual([
    "gate-weakened .github/workflows/deploy.yml#production",
    "gate-weakened .github/workflows/deploy.yml#unit",
    "pdb-deadlock PodDisruptionBudget/shop/database",
    "readiness-removed Deployment/shop/web",
    "replica-reduction Deployment/shop/cart",
    "service-selector-flip Service/shop/web",
    "staging-bypassed .github/workflows/deploy.yml#production",
  ]);
});

test("the shop before its change has nothing to answer for", async () => {
  using repo = repository();
  repo.commit({ "README.md": "The shop.\n" });
  cpSync(join(SHOP, "before"), repo.dir, { recursive: true });
  repo.commit({});
  const { code, stdout } = await nines([
    "review",
    "--repo",
    repo.dir,
    "--base",
    "HEAD~1",
    "--format",
    "json",
  ]);
  const { findings } = JSON.parse(stdout) as Report;
  expect(findings.map(({ check, severity, subject }) => [check, severity, subject.ref])).toEqual([]);
  expect(code).toBe(0);
});
