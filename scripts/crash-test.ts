import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { startGitHub } from "../test/github-server/index.ts";
import type { GitHub, Repository } from "../test/github-server/index.ts";
import { freePort, startApp } from "./crash-test/app-process.ts";
import type { AppProcess } from "./crash-test/app-process.ts";
import { manifests } from "./crash-test/manifests.ts";
import { inspect } from "./crash-test/verdicts.ts";
import type { Faults } from "./crash-test/verdicts.ts";

/**
 * Kills the app at random moments while pull requests are opened and pushed to, starts it again, and counts what got
 * lost or was done twice. `npm run crash-test -- --kills 50 --seed 7`
 */

const SECRET = "crash-test";
/** A kill comes this long after the start at most: during start-up, idle, and in the middle of work. */
const LONGEST_LIFE_MS = 2_500;
const SERVICES = 8;
/** How long the last process may take to finish everything. */
const FINISH_MS = 180_000;

/** A small seeded generator (mulberry32): the same seed kills at the same moments. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface World {
  readonly github: GitHub;
  readonly repository: Repository;
  readonly random: () => number;
  readonly pulls: number[];
}

/** Opens a pull request, or pushes to one, as somebody would at any moment. */
async function act({ repository, random, pulls }: World): Promise<void> {
  const service = `service-${Math.floor(random() * SERVICES)}`;
  const changes = {
    [`apps/${service}.yaml`]: `# ${random()}\n${manifests(service, { broken: random() < 0.5 })}`,
  };
  const known = pulls[Math.floor(random() * pulls.length)];
  if (known !== undefined && random() < 0.4) await repository.push(known, changes);
  else
    pulls.push(
      await repository.openPullRequest({ head: `change-${pulls.length}`, changes, fork: random() < 0.3 }),
    );
}

async function live(world: World, app: AppProcess): Promise<void> {
  const life = world.random() * LONGEST_LIFE_MS;
  const actions = 1 + Math.floor(world.random() * 3);
  // Two thirds of the kills hit a process at work, the others one that is still starting.
  if (world.random() < 0.66) await app.ready;
  for (let done = 0; done < actions; done++) {
    await act(world);
    await wait(life / actions);
  }
  app.kill("SIGKILL");
  await app.ended;
}

/** Waits until no webhook is on its way or lost, and nothing waits in the queue. */
async function finish({ github }: World, address: string): Promise<boolean> {
  const deadline = performance.now() + FINISH_MS;
  for (let quiet = 0; quiet < 3;) {
    if (performance.now() > deadline) return false;
    await github.webhooks.idle();
    quiet = lost(github) === 0 && (await waiting(address)) === 0 ? quiet + 1 : 0;
    await wait(500);
  }
  return true;
}

/** Deliveries of pull requests that no attempt brought through. */
function lost({ deliveries }: GitHub): number {
  const pulls = deliveries.filter(({ event }) => event === "pull_request");
  const attempts = Map.groupBy(pulls, ({ guid }) => guid);
  return [...attempts.values()].filter((all) => all.every(({ status }) => status !== "OK")).length;
}

async function waiting(address: string): Promise<number> {
  const text = await (await fetch(`${address}/metrics`)).text();
  const counts = text.matchAll(/^nines_queue_jobs\{.*state="(?:waiting|running)"\} (\d+)$/gm);
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}

function report(
  world: World,
  { kills, seed, faults }: { kills: number; seed: number; faults: Faults },
): void {
  const { missing, open, doubledRuns, doubledComments } = faults;
  const comments = world.pulls.flatMap((pull) => world.repository.reviewComments(pull)).length;
  console.log(`seed ${seed}: ${world.pulls.length} pull requests, ${kills} kills, ${comments} line comments`);
  for (const [what, found] of Object.entries({
    "missing verdicts": missing,
    "check runs left open": open,
    "doubled check runs": doubledRuns,
    "doubled comments": doubledComments,
  }))
    console.log(`${what}: ${found.length}${found.map((one) => `\n  ${one}`).join("")}`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { kills: { type: "string", default: "10" }, seed: { type: "string", default: "1" } },
  });
  const [kills, seed] = [Number(values.kills), Number(values.seed)];
  if (!Number.isInteger(kills) || !Number.isInteger(seed))
    throw new Error("--kills and --seed take whole numbers.");
  const github = await startGitHub();
  const folder = await mkdtemp(join(tmpdir(), "nines-crash-"));
  const port = await freePort();
  const address = `http://127.0.0.1:${port}`;
  github.webhooks.target = { url: `${address}/api/github/webhooks`, secret: SECRET };
  const names = Array.from({ length: SERVICES }, (_, index) => `service-${index}`);
  const files = names.map((name): [string, string] => [
    `apps/${name}.yaml`,
    manifests(name, { broken: false }),
  ]);
  const repository = await github.createRepository("acme/shop", Object.fromEntries(files));
  const world: World = { github, repository, random: randomFrom(seed), pulls: [] };
  const environment = {
    APP_ID: String(github.appId),
    PRIVATE_KEY: github.privateKey,
    WEBHOOK_SECRET: SECRET,
    GITHUB_API_URL: github.url,
    DATA_DIR: folder,
    PORT: String(port),
    RECOVERY_SECONDS: "2",
  };
  try {
    for (let kill = 1; kill <= kills; kill++) {
      await live(world, startApp(environment));
      process.stderr.write(`\rkill ${kill}/${kills}`);
    }
    process.stderr.write("\n");
    const app = startApp(environment);
    await app.ready;
    const finished = await finish(world, address);
    app.kill("SIGTERM");
    const code = await app.ended;
    const faults = inspect(repository, world.pulls);
    report(world, { kills, seed, faults });
    if (!finished) console.log(`not finished within ${FINISH_MS / 1000} s`);
    if (code !== 0) console.log(`the last process ended with ${code} on SIGTERM`);
    const { missing, open, doubledRuns, doubledComments } = faults;
    const bad =
      !finished ||
      code !== 0 ||
      [missing, open, doubledRuns, doubledComments].some((found) => found.length > 0);
    if (bad) console.log(app.output().split("\n").slice(-40).join("\n"));
    process.exitCode = bad ? 1 : 0;
  } finally {
    await github.close();
    await rm(folder, { recursive: true, force: true });
  }
}

await main();
