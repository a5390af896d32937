import { createHash } from "node:crypto";
import { chmod, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, jest, test } from "@jest/globals";
import type { Tree } from "../../src/engine/types.ts";
import { CannotReview } from "../../src/github/errors.ts";
import { createJudge, type ThreadedJudge } from "../../src/judge/index.ts";
import { defaultPolicy } from "../../src/policy/index.ts";
import { render } from "../../src/renderers/index.ts";
import { review } from "../../src/review.ts";
import { folder } from "../queue/support.ts";

// A thread loads everything that judges, which takes a moment unbuilt.
jest.setTimeout(60_000);

const PATH = process.env["PATH"] ?? "";
const policy = defaultPolicy("2026-01-01");
const never = () => new AbortController().signal;

let judge: ThreadedJudge | undefined;
function start(threads = 1, bounds = {}): ThreadedJudge {
  judge = createJudge(threads, { seconds: 60, memoryMB: 1_024, ...bounds });
  return judge;
}
afterEach(async () => {
  process.env["PATH"] = PATH;
  await judge?.close();
  judge = undefined;
});

function tree(commit: string, files: Readonly<Record<string, string>>): Tree {
  const blobs = Object.entries(files).map(
    ([path, text]) => [path, { sha: createHash("sha1").update(text).digest("hex"), text }] as const,
  );
  return { commit, files: new Map(blobs), notes: [] };
}

const deployment = (replicas: number, name = "shop") =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: ${name}\nspec:\n  replicas: ${replicas}\n` +
  `  selector:\n    matchLabels:\n      app: ${name}\n  template:\n    metadata:\n      labels:\n        app: ${name}\n` +
  `    spec:\n      containers:\n        - name: ${name}\n          image: ${name}:1.0.0\n`;
const CHART = {
  "chart/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
  "chart/templates/deployment.yaml": deployment(3),
};

/** Folders of reviews that this process has not removed (yet). */
const scratches = async () => (await readdir(tmpdir())).filter((name) => name.startsWith("nines-review-"));

test("a report is the same as without a thread, and its folders are gone", async () => {
  const base = tree("b", { ...CHART, "k8s/a.yaml": deployment(4), "k8s/copy.yaml": deployment(4, "copy") });
  const head = tree("h", {
    ...CHART,
    "chart/templates/deployment.yaml": deployment(1),
    "k8s/a.yaml": deployment(1),
  });
  const before = await scratches();
  const report = await start().review(base, head, policy, never());
  expect(report.findings.length).toBeGreaterThan(0);
  expect(report).toEqual(await review(base, head, policy, render));
  expect(await scratches()).toEqual(before);
});

test("many reviews at once each get their own report", async () => {
  const of = start(2);
  const reports = await Promise.all(
    Array.from({ length: 8 }, (_, at) =>
      of.review(
        tree(`b${at}`, {}),
        tree(`h${at}`, { [`${at}.yaml`]: deployment(at, `app-${at}`) }),
        policy,
        never(),
      ),
    ),
  );
  expect(reports.map(({ head, floors }) => [head, floors[0]?.workload])).toEqual(
    Array.from({ length: 8 }, (_, at) => [`h${at}`, `Deployment/app-${at}`]),
  );
});

test("a renderer that hangs is ended with the thread, leaves nothing behind, and the next review is made", async () => {
  await using bin = await folder();
  const pid = join(bin.path, "pid");
  await writeFile(join(bin.path, "helm"), `#!/bin/sh\necho $$ > ${pid}\nexec sleep 600\n`);
  await chmod(join(bin.path, "helm"), 0o755);
  process.env["PATH"] = `${bin.path}:${PATH}`;
  const of = start(1, { seconds: 6 });
  const before = await scratches();
  const head = tree("h", { ...CHART, "chart/templates/deployment.yaml": deployment(1) });
  const stuck = of.review(tree("b", CHART), head, policy, never());
  await expect(stuck).rejects.toThrow(CannotReview);
  await expect(stuck).rejects.toThrow(/took over 6 seconds/);
  const id = Number(await readFile(pid, "utf8"));
  expect(isAlive(id)).toBe(false);
  expect(await scratches()).toEqual(before);
  const next = await of.review(tree("b", {}), tree("h", { "a.yaml": deployment(1) }), policy, never());
  expect(next.scope.manifests).toBe(1);
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Takes some seconds to judge, all of them without a pause. */
const large = (): Tree =>
  tree(
    "large",
    Object.fromEntries(
      Array.from({ length: 20_000 }, (_, at) => [`${at}.yaml`, deployment(at % 5, `app-${at}`)]),
    ),
  );

test("a review that needs too much memory ends its thread and not the process", async () => {
  const of = start(1, { memoryMB: 48 });
  await expect(of.review(tree("b", {}), large(), policy, never())).rejects.toThrow(
    /more than 48 MB of memory/,
  );
  const next = await of.review(tree("b", {}), tree("h", { "a.yaml": deployment(1) }), policy, never());
  expect(next.scope.manifests).toBe(1);
});

test("a thread that is busy is ended when the review is called off, and meanwhile holds nothing up", async () => {
  const of = start();
  await of.review(tree("b", {}), tree("h", {}), policy, never());
  const stop = new AbortController();
  const running = of.review(tree("b", {}), large(), policy, stop.signal);
  const waiting = of.review(tree("b", {}), tree("waiting", {}), policy, stop.signal);
  const next = of.review(tree("b", {}), tree("next", {}), policy, never());
  setImmediate(() => stop.abort(new Error("A newer request took over.")));
  await expect(running).rejects.toThrow("A newer request took over.");
  await expect(waiting).rejects.toThrow("A newer request took over.");
  // The review that was called off would hold this one up for longer than a test may take.
  expect((await next).head).toBe("next");
});

test("what the judgement throws comes out with its words, and the thread goes on", async () => {
  const of = start();
  const broken = { ...policy, tiers: null } as unknown as typeof policy;
  const head = tree("h", { "a.yaml": deployment(1) });
  await expect(of.review(tree("b", {}), head, broken, never())).rejects.toThrow(/null|iterable/);
  expect((await of.review(tree("b", {}), head, policy, never())).scope.manifests).toBe(1);
});

test("a closed judge ends what runs", async () => {
  const of = start();
  const running = of.review(tree("b", {}), large(), policy, never());
  running.catch(() => undefined);
  await new Promise(setImmediate);
  await of.close();
  await expect(running).rejects.toThrow(/ended/);
});
