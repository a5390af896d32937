import { transformSync } from "@swc/core";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const ROOT = join(import.meta.dirname, "..", "..");
const FOLDERS = ["src", join("scripts", "bench"), join("scripts", "support")];

/** JavaScript of this repository in a temporary folder, removed at the end of its block. */
export interface Built extends Disposable {
  /** Where a TypeScript file of this repository went. */
  readonly path: (file: string) => string;
}

/**
 * Takes the types out of the sources, as the container's build does: running TypeScript unbuilt costs a process about
 * 50 MB, which would be counted as the review's.
 */
export function build(): Built {
  const dir = mkdtempSync(join(tmpdir(), "nines-bench-"));
  const target = (file: string) => join(dir, file.replace(/\.ts$/, ".js"));
  for (const file of FOLDERS.flatMap(sourcesIn)) {
    mkdirSync(dirname(target(file)), { recursive: true });
    writeFileSync(target(file), withoutTypes(readFileSync(join(ROOT, file), "utf8")));
  }
  writeFileSync(join(dir, "package.json"), '{ "type": "module" }\n');
  symlinkSync(join(ROOT, "node_modules"), join(dir, "node_modules"), "dir");
  return { path: target, [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }) };
}

function sourcesIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => join(folder, path));
}

function withoutTypes(source: string): string {
  const { code } = transformSync(source, {
    jsc: {
      target: "esnext",
      parser: { syntax: "typescript" },
      transform: { verbatimModuleSyntax: true },
    },
    module: { type: "es6" },
  });
  return code.replace(/(from |import\(|import )("\.[^"]*)\.ts"/g, '$1$2.js"');
}
