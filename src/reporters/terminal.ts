/** The few styles of the text report. Each gives its text back unchanged where there is no colour. */
export interface Palette {
  readonly red: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly green: (text: string) => string;
  readonly blue: (text: string) => string;
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
}

/** ANSI styles (ECMA-48 § 8.3.117), or none. */
export function palette(colour: boolean): Palette {
  const style = (on: number, off: number) => (text: string) =>
    colour ? `\u001b[${on}m${text}\u001b[${off}m` : text;
  return {
    red: style(31, 39),
    yellow: style(33, 39),
    green: style(32, 39),
    blue: style(34, 39),
    bold: style(1, 22),
    dim: style(2, 22),
  };
}

/** Breaks one line of text into lines of at most `width` characters, each behind `indent`; longer words stay whole. */
export function wrap(text: string, indent: string, width: number): string[] {
  const room = Math.max(20, width - indent.length);
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && lengthOf(longer) > room) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line].map((part) => indent + part);
}

/** Rows as aligned columns, two spaces apart, all lines of one length. */
export function aligned(rows: readonly (readonly string[])[], indent: string): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, lengthOf(cell));
  }
  return rows.map((row) => indent + row.map((cell, index) => pad(cell, widths[index] ?? 0)).join("  "));
}

function pad(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - lengthOf(text)));
}

/** In code points. */
function lengthOf(text: string): number {
  return Array.from(text).length;
}
