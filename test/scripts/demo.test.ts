import { execFile } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "@jest/globals";

const ROOT = join(import.meta.dirname, "../..");

function demo(...args: string[]): Promise<{ code: number; output: string }> {
  const env = { ...process.env, NO_COLOR: "1", FORCE_COLOR: "0" };
  return new Promise((resolve) => {
    execFile(process.execPath, ["scripts/demo.ts", ...args], { cwd: ROOT, env }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === "number" ? error.code : 0, output: stdout + stderr });
    });
  });
}

test("the demo shows both check runs and the comments of the example, and ends", async () => {
  const { code, output } = await demo();
  expect(code).toBe(0);
  expect(output).toMatch(/✗ nines \/ zero-downtime\s+failure — \d+ errors/);
  expect(output).toMatch(/✗ nines \/ test-stages\s+failure — \d+ errors/);
  expect(output).toContain("Comments on lines");
  expect(output).toContain("deploy/database.yaml:");
  expect(output).not.toContain("Not judged");
  expect(output).toMatch(/done in [\d.]+ s\s*$/);
}, 60_000);

test("a folder that is no repository ends the demo with one line", async () => {
  const { code, output } = await demo("--repo", join(ROOT, "no-such-folder"));
  expect(code).toBe(1);
  expect(output.trim().split("\n").at(-1)).toContain("no-such-folder");
}, 60_000);

test("an option that there is not ends the demo with one line", async () => {
  expect(await demo("--rep", "x")).toEqual({
    code: 1,
    output: "error: unknown option '--rep'\n(Did you mean --repo?)\n",
  });
}, 60_000);
