import { pairEvidence } from "./compare.ts";
import type { Change } from "./compare.ts";
import { COVERAGE_FILES } from "./coverage-limits.ts";
import type { CoverageFiles, CoverageLimit } from "./coverage-limits.ts";
import type { Delivery } from "./delivery.ts";
import type { Evidence } from "./evidence.ts";

/** A file that asks for less coverage than it did, and the tests that failed for less. */
export interface LoweredCoverage {
  readonly path: string;
  /** In head, 1-based. */
  readonly line: number;
  readonly tests: Evidence;
  readonly limits: readonly { readonly was: CoverageLimit; readonly is?: CoverageLimit }[];
}

/** The files that ask for less coverage, where the tests that read them still run as they did, and stop something. */
export function loweredCoverage(change: Change): LoweredCoverage[] {
  return COVERAGE_FILES.flatMap((files) => {
    const changed = change.before.paths.filter(
      (path) => files.path.test(path) && change.before.text(path) !== change.after.text(path),
    );
    const found = changed.flatMap((path) => loweredIn(path, files, change));
    if (found.length === 0 || mayStandElsewhere(change)) return [];
    const tests = readers(files, change);
    return tests ? found.map((one) => ({ ...one, tests })) : [];
  });
}

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf("/") + 1);

function loweredIn(
  path: string,
  files: CoverageFiles,
  { before, after }: Change,
): Omit<LoweredCoverage, "tests">[] {
  const source = after.text(path);
  const folder = folderOf(path);
  const left = limitsOf(after, files, folder);
  const limits = [...numbered(files.limits(before.text(path) ?? ""))].flatMap(([key, was]) => {
    const is = left.get(key);
    if (is && is.limit.least >= was.least) return [];
    // What another file of the folder says is said there.
    if (is && is.path !== path) return [];
    return [is ? { was, is: is.limit } : { was }];
  });
  if (limits.length === 0 || source === undefined) return [];
  const [first] = limits;
  const line = first?.is?.line ?? Math.min(first?.was.line ?? 1, source.split("\n").length);
  return [{ path, line, limits }];
}

/** All limits that the files of a folder set, by what they are for. */
function limitsOf(
  side: Delivery,
  files: CoverageFiles,
  folder: string,
): ReadonlyMap<string, { readonly path: string; readonly limit: CoverageLimit }> {
  const paths = side.paths.filter((path) => files.path.test(path) && folderOf(path) === folder);
  return new Map(
    paths.flatMap((path) =>
      [...numbered(files.limits(side.text(path) ?? ""))].map(
        ([key, limit]) => [key, { path, limit }] as const,
      ),
    ),
  );
}

/** Several limits of one kind are told apart by their order. */
function numbered(limits: readonly CoverageLimit[]): ReadonlyMap<string, CoverageLimit> {
  const counts = new Map<string, number>();
  return new Map(
    limits.map((limit) => {
      const count = counts.get(limit.of) ?? 0;
      counts.set(limit.of, count + 1);
      return [`${limit.of} ${String(count)}`, limit];
    }),
  );
}

const LIMIT =
  /coverageThreshold|\bthresholds\b|fail[-_]under|check-coverage|minimum_coverage|violationRules|<minimum>|\bpreset\b|\bextends\b/g;

/** A limit, or something that brings limits along, which is new in another file. */
function mayStandElsewhere({ before, after }: Change): boolean {
  const count = (text = ""): number => text.match(LIMIT)?.length ?? 0;
  return after.paths.some((path) => {
    const [was, is] = [before.text(path), after.text(path)];
    return is !== was && count(is) > count(was);
  });
}

/** The tests that fail for these limits: the same command on both sides, whose failure stops something. */
function readers({ tools, counts, path }: CoverageFiles, change: Change): Evidence | undefined {
  const measured = change.before.paths.some(
    (one) => path.test(one) && counts.file.test(change.before.text(one) ?? ""),
  );
  const pairs = [...pairEvidence(change)].filter(
    ([was, is]) =>
      tools.includes(is.tool) && was.text === is.text && (measured || counts.command.test(was.text)),
  );
  return pairs.map(([, is]) => is).find((tests) => stops(tests, change.after));
}

const stops = (tests: Evidence, { gates, checks }: Delivery): boolean =>
  checks.get(tests)?.verdict === "required" ||
  gates.some(({ evidence, worst }) => evidence === tests && worst.verdict === "required");
