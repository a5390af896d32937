import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { checks } from "../../src/checks/index.ts";
import type { ExampleFiles } from "../../src/checks/define.ts";
import { chart, WEB } from "../renderers/charts.ts";

export type Files = Readonly<Record<string, string>>;

/** A change that somebody could have made. */
export interface Seed {
  readonly title: string;
  readonly before: Files;
  readonly after: Files;
}

const root = join(import.meta.dirname, "../..");

function folder(path: string): Files {
  const files = readdirSync(join(root, path), { recursive: true, withFileTypes: true }).filter((one) =>
    one.isFile(),
  );
  return Object.fromEntries(
    files
      .map((file) => join(file.parentPath, file.name))
      .sort()
      .map((file) => [file.slice(join(root, path).length + 1), readFileSync(file, "utf8")]),
  );
}

const filesOf = (files: ExampleFiles | undefined): Files =>
  typeof files === "string" ? { "manifests.yaml": files } : (files ?? {});

const needsTool = ({ before, after }: Seed) =>
  Object.keys({ ...before, ...after }).some((path) =>
    /(^|\/)(Chart\.ya?ml|kustomization(\.ya?ml)?|Kustomization)$/.test(path),
  );

/** Every example of every check, the scenarios, and the shop of the examples. */
function all(): Seed[] {
  const examples = checks.flatMap(({ id, unsafe, safe }) =>
    [...unsafe, ...safe].map(({ title, before, after }) => ({
      title: `${id}: ${title}`,
      before: filesOf(before),
      after: filesOf(after),
    })),
  );
  const scenarios = readdirSync(join(root, "test/scenarios")).map((name) => ({
    title: name,
    before: folder(`test/scenarios/${name}/base`),
    after: folder(`test/scenarios/${name}/head`),
  }));
  const shop = {
    title: "shop",
    before: folder("examples/shop/before"),
    after: folder("examples/shop/after"),
  };
  const own = { title: "deploy", before: {}, after: folder("deploy") };
  return [...examples, ...scenarios, shop, own].filter(({ after }) => Object.keys(after).length > 0);
}

/** Changes that are judged without a process. */
export const plainSeeds = (): Seed[] => all().filter((seed) => !needsTool(seed));

/** Changes that helm or kubectl renders. */
export function renderedSeeds(): Seed[] {
  const files = {
    "c/Chart.yaml": chart("c"),
    "c/values.yaml": "replicaCount: 3\ntag: a\nprobe: { httpGet: { path: /, port: 80 } }\n",
    "c/values-production.yaml": "replicaCount: 5\n",
    "c/templates/web.yaml": WEB,
  };
  const before = { ...files, "c/values.yaml": "replicaCount: 4\ntag: a\n" };
  return [...all().filter(needsTool), { title: "a chart", before, after: files }];
}
