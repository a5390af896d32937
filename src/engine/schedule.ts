/** Fields of a schedule, as github.com/robfig/cron/v3 (ParseStandard) takes them, which the API server asks. */
const FIELDS: readonly {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly words: readonly string[];
}[] = [
  { name: "minute", from: 0, to: 59, words: [] },
  { name: "hour", from: 0, to: 23, words: [] },
  { name: "day of the month", from: 1, to: 31, words: [] },
  {
    name: "month",
    from: 1,
    to: 12,
    words: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
  },
  { name: "day of the week", from: 0, to: 6, words: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
];

/** Why a CronJob's schedule is none, as a clause; undefined where it is one. */
export function scheduleFault(schedule: string): string | undefined {
  const text = schedule.trim().replace(/^(CRON_)?TZ=\S+\s+/, "");
  if (text.startsWith("@")) {
    const known =
      /^@(yearly|annually|monthly|weekly|daily|midnight|hourly)$|^@every\s+(\d+(\.\d+)?(h|m|s|ms|us|ns))+$/;
    return known.test(text) ? undefined : `${text} is no schedule that Kubernetes knows`;
  }
  const parts = text.split(/\s+/);
  if (text === "" || parts.length !== FIELDS.length)
    return `it has ${text === "" ? 0 : parts.length} fields, and there are 5: minute, hour, day of the month, month, day of the week`;
  for (const [index, field] of FIELDS.entries()) {
    const part = parts[index] ?? "";
    const wrong = part.split(",").find((piece) => !isPiece(piece, field));
    if (wrong !== undefined) return `"${wrong}" is no ${field.name} (${field.from} to ${field.to})`;
  }
  return undefined;
}

/** A number, a range, or all of them, with a step or without. */
function isPiece(piece: string, { from, to, words }: (typeof FIELDS)[number]): boolean {
  const [range = "", step, more] = piece.split("/");
  if (more !== undefined || (step !== undefined && !/^[1-9]\d*$/.test(step))) return false;
  if (range === "*" || range === "?") return true;
  const ends = range.split("-").map((end) => {
    const word = words.indexOf(end.toLowerCase());
    return word >= 0 ? word + from : /^\d+$/.test(end) ? Number(end) : NaN;
  });
  const [first = NaN, last = first] = ends;
  return ends.length <= 2 && first >= from && last <= to && first <= last;
}
