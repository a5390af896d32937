/**
 * Writes what is made from the checks: the registry, their pages in docs/checks with what they say of their examples, and
 * the policy's JSON Schema; and the fields of Kubernetes' kinds, from the client library.
 */
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { format } from "prettier";
import type { Check } from "../src/checks/define.ts";
import { fieldsModule } from "./generate/fields.ts";
import { indexPage, page } from "./generate/pages.ts";

const root = join(import.meta.dirname, "..");
const checksFolder = join(root, "src/checks");
const docsFolder = join(root, "docs/checks");

await writeFile(join(root, "src/engine/kubernetes-fields.ts"), fieldsModule());
await writeFile(join(checksFolder, "index.ts"), await registry());
const { checks } = (await import("../src/checks/index.ts")) as { checks: readonly Check[] };
await writePages(checks);
await writeSchema(checks.map(({ id }) => id));

async function registry(): Promise<string> {
  const files = (await readdir(checksFolder, { recursive: true }))
    .filter((file) => file.includes("/") && file.endsWith(".ts") && !file.includes("/_"))
    .sort();
  const name = (file: string) =>
    file.replace(/^.*\/|\.ts$/g, "").replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
  return [
    "// Written by `npm run generate` from the files in this folder. Do not edit.",
    ...files.map((file) => `import ${name(file)} from "./${file}";`),
    'import type { Check } from "./define.ts";',
    "",
    "/** Every check, in order of pillar and id. */",
    `export const checks: readonly Check[] = [\n${files.map((file) => `  ${name(file)},`).join("\n")}\n];`,
    "",
  ].join("\n");
}

async function writePages(all: readonly Check[]): Promise<void> {
  await mkdir(docsFolder, { recursive: true });
  const { saidOf } = await import("./generate/examples.ts");
  const pages = new Map<string, string>();
  for (const check of all) {
    const said = await Promise.all(check.unsafe.map((example) => saidOf(check, example)));
    pages.set(`${check.id}.md`, page(check, said));
  }
  pages.set("README.md", indexPage(all));
  for (const file of await readdir(docsFolder)) if (!pages.has(file)) await rm(join(docsFolder, file));
  for (const [file, text] of pages) await writeFile(join(docsFolder, file), text);
}

async function writeSchema(ids: readonly string[]): Promise<void> {
  const { policySchema } = await import("../src/policy/index.ts");
  const text = await format(JSON.stringify(policySchema(ids)), { parser: "json", printWidth: 110 });
  await mkdir(join(root, "schema"), { recursive: true });
  await writeFile(join(root, "schema/policy.schema.json"), text);
}
