/** `npm run new-check pillar/id`: writes the one file that a new check costs, ready to be filled in. */
import { access, writeFile } from "node:fs/promises";
import { join } from "node:path";

const PILLARS = ["redundancy", "hot-swap", "observability", "testing", "data", "degradation", "transition"];
const [wanted = ""] = process.argv.slice(2);
const [pillar = "", id = ""] = wanted.split("/");

if (!PILLARS.includes(pillar) || !/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(id)) {
  console.error(
    `Name the pillar and the id: npm run new-check transition/port-renamed\nPillars: ${PILLARS.join(", ")}`,
  );
  process.exit(1);
}

const file = join(import.meta.dirname, "../src/checks", pillar, `${id}.ts`);
if (await exists(file)) {
  console.error(`src/checks/${pillar}/${id}.ts exists already.`);
  process.exit(1);
}
await writeFile(file, template());
console.log(
  `src/checks/${pillar}/${id}.ts is yours to fill in. Then: npm run generate && npm test -- -t ${id}`,
);

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Its examples fail until the rule is written: a scaffold that passes would be forgotten. */
function template(): string {
  return `import { defineCheck, severities } from "../define.ts";

const shop = (replicas: string) => \`apiVersion: apps/v1
kind: Deployment
metadata: { name: shop }
spec:
  \${replicas}
  selector: { matchLabels: { app: shop } }
  template:
    metadata: { labels: { app: shop } }
    spec: { containers: [{ name: web, image: shop:1 }] }
\`;

export default defineCheck({
  kind: "state",
  id: "${id}",
  title: "What happens, in the present tense",
  pillar: "${pillar}",
  severity: severities("error", "warning", "notice"),
  confidence: "certain",
  why: "Who is hurt, and at which moment.",
  fix: "What to do, as an order.",
  references: ["https://kubernetes.io/docs/"],
  unsafe: [
    { title: "the plain case", after: shop("replicas: 1 # <- finding") },
    { title: "a second way to get there", after: shop("replicas: 1 # <- finding") },
    { title: "a third", after: shop("replicas: 1 # <- finding") },
  ],
  safe: [
    { title: "the usual good case", after: shop("replicas: 3") },
    { title: "an exception", after: shop("replicas: 3") },
    { title: "another exception", after: shop("replicas: 3") },
  ],

  *run(world) {
    for (const workload of world.workloads) {
      yield {
        subject: workload.manifest,
        at: workload.manifest.locate("spec", "replicas"),
        message: \`\${workload.manifest.ref}: say who is hurt and when.\`,
      };
    }
  },
});
`;
}
