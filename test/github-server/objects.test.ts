import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { createObjectReader } from "./git/objects.ts";

test("a folder that is gone is an error for whoever asks, and for nobody else", async () => {
  const folder = await mkdtemp(join(tmpdir(), "github-server-objects-"));
  await rm(folder, { recursive: true });
  const objects = createObjectReader(folder);
  await expect(objects.info("HEAD")).rejects.toThrow("git cat-file has stopped");
});

test("a closed reader starts no process any more", async () => {
  const objects = createObjectReader(tmpdir());
  await objects.close();
  await expect(objects.info("HEAD")).rejects.toThrow("the repository is closed");
});
