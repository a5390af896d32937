import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { withHelm, withKubectl } from "../renderers/tools.ts";

/** Another number tries other mutations: NINES_FUZZ_SEED=7 npm test -- test/fuzz */
const SEED = process.env["NINES_FUZZ_SEED"] ?? "1";
/** NINES_FUZZ_COUNT=50000 for an afternoon. */
const COUNT = process.env["NINES_FUZZ_COUNT"];
const TIMEOUT = 300_000;

const SECRET = "what-nobody-may-read";
const MOST_MEGABYTES = 300;

interface Outcome {
  readonly trouble: readonly string[];
  readonly done: number;
  readonly megabytes: number;
  /** What stands outside the repository afterwards. */
  readonly left: { readonly scratch: readonly string[]; readonly outside: readonly string[] };
}

/** A repository's neighbours: a scratch folder for the process, and a file that it may not read. */
async function fuzzed(kind: "plain" | "rendered" | "linked", count: string): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), "fuzz-"));
  const [scratch, outside] = [join(folder, "scratch"), join(folder, "outside")];
  mkdirSync(scratch);
  mkdirSync(outside);
  const canary = join(outside, "canary.yaml");
  writeFileSync(canary, `${SECRET}\n`);
  try {
    const lines = await run([kind, SEED, count], { ...process.env, TMPDIR: scratch, FUZZ_CANARY: canary });
    const last = lines.at(-1) ?? {};
    return {
      trouble: lines.filter((line) => "wrong" in line).map((line) => JSON.stringify(line)),
      done: Number(last["done"]),
      megabytes: Number(last["megabytes"]),
      left: {
        scratch: readdirSync(scratch),
        outside: [readFileSync(canary, "utf8"), ...readdirSync(outside)],
      },
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

type Line = Readonly<Record<string, unknown>>;

async function run(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Line[]> {
  const script = join(import.meta.dirname, "child.ts");
  const child = spawn(process.execPath, ["--max-semi-space-size=4", script, ...args], {
    env,
    timeout: TIMEOUT,
  });
  let output = "";
  let errors = "";
  child.stdout.on("data", (data: Buffer) => (output += data.toString()));
  child.stderr.on("data", (data: Buffer) => (errors += data.toString()));
  const code = await new Promise((resolve) => child.on("close", resolve));
  if (code !== 0)
    throw new Error(`the fuzzing process ended with ${String(code)} after ${output.slice(-500)}: ${errors}`);
  return output
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
}

const fine = (done: number) => ({
  trouble: [],
  done,
  megabytes: expect.any(Number),
  left: { scratch: [], outside: [`${SECRET}\n`, "canary.yaml"] },
});

const plain = COUNT ?? "2400";
const rendered = COUNT === undefined ? "24" : String(Math.ceil(Number(COUNT) / 50));

test(
  `${plain} changes with something wrong in them are judged`,
  async () => {
    const outcome = await fuzzed("plain", plain);
    expect(outcome).toEqual(fine(Number(plain)));
    expect(outcome.megabytes).toBeLessThan(MOST_MEGABYTES);
  },
  TIMEOUT,
);

const withTools = withHelm === test && withKubectl === test ? test : withHelm;
withTools(
  `${rendered} charts and kustomizations with something wrong in them are judged, and read nothing outside`,
  async () => {
    const outcome = await fuzzed("rendered", rendered);
    expect(outcome).toEqual(fine(Number(rendered)));
    expect(outcome.megabytes).toBeLessThan(MOST_MEGABYTES);
  },
  TIMEOUT,
);

withTools(
  `${rendered} charts and kustomizations with symbolic links in them are judged, and no link is followed`,
  async () => {
    const outcome = await fuzzed("linked", rendered);
    expect(outcome).toEqual(fine(Number(rendered)));
    expect(outcome.megabytes).toBeLessThan(MOST_MEGABYTES);
  },
  TIMEOUT,
);
