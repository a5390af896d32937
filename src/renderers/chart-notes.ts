import type { Note } from "../engine/types.ts";
import { join, type Chart } from "./chart.ts";
import { isInside } from "./paths.ts";
import { placeOf, releaseId, type Release } from "./release.ts";
import { NO_REPAIR, valuesIn, type Fault, type Repair } from "./repair.ts";

/** What became of one release of a chart. */
export interface Attempt {
  readonly release: Release;
  /** Of that, what is really missing. */
  readonly repair: Repair;
  /** All that it was rendered without. */
  readonly tried: Repair;
  /** What stopped the first try, where it was rendered without anything left out. */
  readonly fault?: Fault | undefined;
  /** Why it could not be rendered; absent where it was. */
  readonly reason?: string | undefined;
}

/** A changed file, with all its texts. */
export interface Touched {
  readonly path: string;
  readonly text: string;
}

/** Notes of a chart, once for all its releases: what was not judged, of what the change touches. */
export function chartNotes(all: readonly Attempt[], touched: readonly Touched[]): Note[] {
  // What is rendered only to see what nothing switches on may lack values without anybody's loss.
  const attempts = all.filter(({ release }) => release.on === undefined);
  const asleep = all
    .filter(({ release }) => release.on !== undefined)
    .flatMap(({ repair }) => repair.dropped);
  const [first] = attempts;
  if (!first) return [];
  const { chart } = first.release;
  // Where a chart is deployed with other values, nobody deploys its defaults.
  const isBare = ({ release }: Attempt) => release.order === undefined && release.files.length === 0;
  const deployed = attempts.every(isBare) ? attempts : attempts.filter((attempt) => !isBare(attempt));
  const inside = touched.filter(({ path }) => isInside(path, chart.folder));
  const templates = inside.filter(({ path }) => path.includes("/templates/"));
  const others = templates.length < touched.length || templates.some(({ path }) => path.endsWith(".tpl"));
  const failed = deployed.filter(({ reason }) => reason !== undefined);
  const repair = union([
    ...deployed.filter(({ reason }) => reason === undefined).map((one) => one.repair),
    {
      ...NO_REPAIR,
      dropped: asleep.filter((template) => inside.some(({ path }) => path === join(chart.folder, template))),
    },
  ]);
  return [
    ...failed.map(notRendered),
    ...repairNotes(chart, relevant(chart, repair, { templates, others })),
    ...(others ? dependencyNotes(chart) : []),
  ];
}

function union(repairs: readonly Repair[]): Repair {
  const all = (field: keyof Repair) => [...new Set(repairs.flatMap((repair) => repair[field]))].sort();
  return repairs.length === 0
    ? NO_REPAIR
    : {
        ...{ empty: all("empty"), unknown: all("unknown"), forced: all("forced") },
        ...{ helpers: all("helpers"), dropped: all("dropped") },
      };
}

interface Scope {
  readonly templates: readonly Touched[];
  /** More than plain templates is touched: values, helpers, the chart itself. */
  readonly others: boolean;
}

/** What a changed template asks for; where more than templates changed, what had to be left out at all. */
function relevant({ folder }: Chart, repair: Repair, { templates, others }: Scope): Repair {
  const named = new Set(templates.flatMap(({ text }) => valuesIn(text)));
  const isNamed = (path: string) => [...named].some((one) => one === path || one.startsWith(`${path}.`));
  const texts = templates.map(({ text }) => text).join("\n");
  const paths = new Set(templates.map(({ path }) => path));
  return {
    ...repair,
    unknown: repair.unknown.filter(isNamed),
    empty: repair.empty.filter(isNamed),
    helpers: repair.helpers.filter((name) => others || texts.includes(`"${name}"`)),
    dropped: repair.dropped.filter((template) => others || paths.has(join(folder, template))),
  };
}

function notRendered({ release, reason = "" }: Attempt): Note {
  const path = placeOf(release);
  const { chart } = release;
  const missing = chart.missing.length === 0 ? "" : ` ${vendor(chart)}`;
  const message = `The chart ${releaseId(release)} could not be rendered: ${reason}. Only its values were judged, by the usual meaning of their keys.${missing}`;
  return { path, message };
}

/** The most names that a note lists. */
const MOST_NAMES = 8;

function names(all: readonly string[]): string {
  const more = all.length - MOST_NAMES;
  return all.slice(0, MOST_NAMES).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

function repairNotes(chart: Chart, { empty, unknown, helpers, dropped }: Repair): Note[] {
  const without = `The chart ${chart.folder} was rendered without`;
  const values = [
    ...unknown,
    ...empty.filter((one) => !unknown.some((other) => other.startsWith(`${one}.`))),
  ];
  const notes = [
    values.length > 0 && `${without} values that no file here sets: ${names(values)}.`,
    helpers.length > 0 &&
      `${without} named templates of libraries that are not in the repository: ${names(helpers)}.`,
    dropped.length > 0 &&
      `${without} templates that need more than the repository holds: ${names(dropped)}. They were not judged.`,
  ];
  const path = join(chart.folder, "Chart.yaml");
  return notes.flatMap((message) => (message === false ? [] : [{ path, message }]));
}

function dependencyNotes(chart: Chart): Note[] {
  if (chart.missing.length === 0) return [];
  const message = `What dependencies of this chart deploy was not rendered: only their values were judged, by the usual meaning of the keys. ${vendor(chart)}`;
  return [{ path: join(chart.folder, "Chart.yaml"), message }];
}

function vendor({ missing }: Chart): string {
  return `Not in the repository: ${[...new Set(missing)].join(", ")}. Vendor them with \`helm dependency update\` and commit charts/ to have them judged.`;
}
