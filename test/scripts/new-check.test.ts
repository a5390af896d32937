import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";

const SCRIPT = join(import.meta.dirname, "../../scripts/new-check.ts");
let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "nines-new-check-"));
  await mkdir(join(folder, "src/checks/transition"), { recursive: true });
  await mkdir(join(folder, "scripts"));
  await cp(SCRIPT, join(folder, "scripts/new-check.ts"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function newCheck(...args: string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [join(folder, "scripts/new-check.ts"), ...args], (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === "number" ? error.code : 0, output: stdout + stderr });
    });
  });
}

test("a new check is one file, named by its id, that says what to do next", async () => {
  const { code, output } = await newCheck("transition/port-renamed");
  expect({ code, output }).toMatchObject({ code: 0, output: expect.stringContaining("npm run generate") });
  const text = await readFile(join(folder, "src/checks/transition/port-renamed.ts"), "utf8");
  expect(text).toContain('id: "port-renamed"');
  expect(text).toContain('pillar: "transition"');
  expect(await newCheck("transition/port-renamed")).toMatchObject({
    code: 1,
    output: expect.stringContaining("exists already"),
  });
});

test.each([
  [[]],
  [["port-renamed"]],
  [["traffic/port-renamed"]],
  [["transition/Port Renamed"]],
  [["transition/../x"]],
])("%j is refused with the way to say it", async (args) => {
  expect(await newCheck(...args)).toMatchObject({ code: 1, output: expect.stringContaining("Pillars: ") });
});
