import { parseAllDocuments, stringify } from "yaml";
import { copy, isValues, type Values } from "../judgement/values.ts";
import type { Random } from "../judgement/random.ts";

/** Files with one thing wrong in one of them: its structure, or its text. */
export function mutated(
  files: Readonly<Record<string, string>>,
  random: Random,
): { readonly files: Record<string, string>; readonly how: string } {
  const path = random.pick(Object.keys(files));
  const text = files[path] ?? "";
  const [how, change] = random.pick(random.next() < 0.6 ? STRUCTURAL : TEXTUAL);
  return { files: { ...files, [path]: change(text, random) }, how: `${how} in ${path}` };
}

type Change = (text: string, random: Random) => string;

/* ---- Structure ------------------------------------------------------------------------------- */

type Holder = Values | unknown[];
interface Slot {
  readonly holder: Holder;
  readonly key: string | number;
}

function slotsOf(value: unknown): Slot[] {
  if (Array.isArray(value))
    return value.flatMap((item: unknown, key) => [{ holder: value as unknown[], key }, ...slotsOf(item)]);
  if (!isValues(value as Values)) return [];
  const holder = value as Values;
  return Object.entries(holder).flatMap(([key, item]) => [{ holder, key }, ...slotsOf(item)]);
}

const read = ({ holder, key }: Slot): unknown => Reflect.get(holder, key);
const write = ({ holder, key }: Slot, value: unknown) => void Reflect.set(holder, key, value);

function drop({ holder, key }: Slot): void {
  if (Array.isArray(holder)) holder.splice(Number(key), 1);
  else Reflect.deleteProperty(holder, key);
}

/** Nothing for what cannot be read, such as text that was mutated before. */
function parsed(text: string): unknown[] {
  try {
    return parseAllDocuments(text, { uniqueKeys: false, logLevel: "silent" }).map((document) => {
      if (document.errors.length > 0) throw new Error("it does not parse");
      // What holds itself is no JSON.
      return JSON.parse(JSON.stringify(document.toJS())) as unknown;
    });
  } catch {
    return [];
  }
}

/** Reads the documents, changes one place of one of them, and writes all again. Text that does not parse stays. */
function inSlot(change: (slot: Slot, random: Random, all: readonly Slot[]) => void): Change {
  return (text, random) => {
    const objects = parsed(text);
    const slots = objects.flatMap(slotsOf);
    if (slots.length === 0) return text;
    change(random.pick(slots), random, slots);
    const asJson = objects.length === 1 && random.next() < 0.1;
    return asJson ? JSON.stringify(objects[0]) : objects.map((one) => stringify(one)).join("---\n");
  };
}

const nested = (depth: number): unknown =>
  depth === 0 ? "deep" : depth % 2 ? [nested(depth - 1)] : { a: nested(depth - 1) };

/** Values that nobody expects where they stand. */
const STRANGE: readonly unknown[] = [
  ...[null, true, false, "", " ", 0, -1, -0, 1.5, 1e308, 2 ** 53, NaN, Infinity, [], {}, [[]], [null], [{}]],
  ...[
    "0",
    "-1",
    "1Gi",
    "1 Gi",
    "500 m",
    "70s",
    "25 %",
    "101%",
    "-5%",
    "1e3",
    "0x10",
    "on",
    "~",
    "null",
    "1:30",
  ],
  ...[
    "${X}",
    "${X:=1}",
    "{{ .Values.x }}",
    "{{",
    "}}",
    "*",
    "/",
    "../../etc/passwd",
    "a/b/c:d@e",
    "💥",
    "\u0000",
  ],
  ...["__proto__", "constructor", "x".repeat(70_000), "(".repeat(500), "a,".repeat(2_000), " \n\t\n "],
  ...[{ "": null }, { constructor: { prototype: 1 } }, { toString: "x", valueOf: [] }, { length: 3 }],
  ...[nested(30), Array.from({ length: 3_000 }, (_, index) => ({ name: `n${String(index)}` }))],
  Object.fromEntries(Array.from({ length: 3_000 }, (_, index) => [`k${String(index)}`, index])),
  JSON.parse('{"__proto__": {"name": "x"}, "hasOwnProperty": 1}') as unknown,
];

const KEYS = [
  "__proto__",
  "constructor",
  "",
  "1",
  "null",
  "name",
  "spec",
  "metadata",
  "$patch",
  "a.b/c",
  "length",
];

const STRUCTURAL: readonly (readonly [string, Change])[] = [
  ["a node dropped", inSlot(drop)],
  ["a strange value", inSlot((slot, random) => write(slot, copy(random.pick(STRANGE) as Values)))],
  ["another strange value", inSlot((slot, random) => write(slot, copy(random.pick(STRANGE) as Values)))],
  [
    "nothing in every field of a map",
    inSlot(({ holder }) => Object.keys(holder).forEach((key) => void Reflect.set(holder, key, null))),
  ],
  [
    "a node replaced by another",
    inSlot((slot, random, all) => write(slot, copy(read(random.pick(all)) as Values))),
  ],
  [
    "a node moved into another",
    inSlot((slot, random, all) => {
      const value = copy(read(slot) as Values);
      drop(slot);
      const { holder } = random.pick(all);
      if (Array.isArray(holder)) holder.push(value);
      else Reflect.set(holder, random.pick(KEYS), value);
    }),
  ],
  [
    "a node twice",
    inSlot((slot) => {
      const value = copy(read(slot) as Values);
      if (Array.isArray(slot.holder)) slot.holder.push(value);
      else write(slot, [value, value]);
    }),
  ],
  [
    "a field under another name",
    inSlot((slot, random) => {
      const value = read(slot);
      if (Array.isArray(slot.holder)) return;
      drop(slot);
      Object.defineProperty(slot.holder, random.pick(KEYS), {
        value,
        enumerable: true,
        configurable: true,
        writable: true,
      });
    }),
  ],
  ["a number as text, a text as number", inSlot((slot) => write(slot, swapped(read(slot))))],
];

function swapped(value: unknown): unknown {
  if (typeof value === "number") return String(value);
  return typeof value === "string" ? value.length * 7919 : [value];
}

/* ---- Text ------------------------------------------------------------------------------------ */

const place = (text: string, random: Random) => Math.floor(random.next() * (text.length + 1));

function insert(what: string | ((random: Random) => string)): Change {
  return (text, random) => {
    const at = place(text, random);
    return text.slice(0, at) + (typeof what === "string" ? what : what(random)) + text.slice(at);
  };
}

function inLines(change: (lines: string[], at: number, random: Random) => void): Change {
  return (text, random) => {
    const lines = text.split("\n");
    change(lines, Math.floor(random.next() * lines.length), random);
    return lines.join("\n");
  };
}

/** Nine levels of nine aliases each: four hundred million nodes when written out. */
const BOMB = [
  'l0: &l0 ["x"]',
  ...Array.from({ length: 9 }, (_, index) => {
    const alias = `*l${String(index)}`;
    return `l${String(index + 1)}: &l${String(index + 1)} [${Array.from({ length: 9 }, () => alias).join(", ")}]`;
  }),
].join("\n");

const SNIPPETS = [
  ...[
    "\t",
    "\r",
    "\u0000",
    "\uFEFF",
    "\u2028",
    "\uD800",
    "%YAML 9.9\n---\n",
    "\n---\n",
    "\n...\n",
    "---",
    "!!binary ",
  ],
  ...[
    "&a ",
    "*a",
    "<<: *a\n",
    "<<: [",
    "? [a, b]\n: c\n",
    "? {a: b}\n: c\n",
    "- - - ",
    "{",
    "}",
    "[",
    "]",
    '"',
    "'",
    "|2\n",
    ">-\n",
  ],
  ...[
    "{{ if }}",
    "{{- range .x }}",
    "{{ end }}",
    "{{/*",
    "*/}}",
    "# <- finding",
    "!!js/function 'x'",
    "!<tag:x> ",
    ": : :",
  ],
  `\n---\n${BOMB}\n---\n`,
  `\n${BOMB}\n`,
  "\n---\nself: &self [*self]\nme: &me { me: *me }\n---\n",
  "[".repeat(3_000),
  "a: ".repeat(500),
];

const TEXTUAL: readonly (readonly [string, Change])[] = [
  ["a snippet put in", insert((random) => random.pick(SNIPPETS))],
  ["a bomb at the end", (text) => `${text}\n${BOMB}\n`],
  ["an object in itself", (text) => text.replace(/^(\w+):(?=\n)/m, "$1: &again\n  again: *again")],
  ["cut off", (text, random) => text.slice(0, place(text, random))],
  ["its head cut off", (text, random) => text.slice(place(text, random))],
  [
    "a character changed",
    (text, random) => {
      const at = place(text, random);
      return text.slice(0, at) + String.fromCharCode(Math.floor(random.next() * 0x180)) + text.slice(at + 1);
    },
  ],
  [
    "a piece twice",
    (text, random) => {
      const at = place(text, random);
      const piece = text.slice(at, at + Math.floor(random.next() * 200));
      return text.slice(0, at) + piece + text.slice(at);
    },
  ],
  ["a line gone", inLines((lines, at) => void lines.splice(at, 1))],
  ["a line twice", inLines((lines, at) => void lines.splice(at, 0, lines[at] ?? ""))],
  ["a line deeper", inLines((lines, at) => void (lines[at] = `  ${lines[at] ?? ""}`))],
  ["a line with a tab", inLines((lines, at) => void (lines[at] = `\t${lines[at] ?? ""}`))],
  ["a line less deep", inLines((lines, at) => void (lines[at] = (lines[at] ?? "").trimStart()))],
  [
    "a key that is no text",
    inLines((lines, at) => void (lines[at] = (lines[at] ?? "").replace(/[\w.-]+:/, "[1, 2]:"))),
  ],
  ["line ends of Windows", (text) => text.replaceAll("\n", "\r\n")],
  ["line ends of long ago", (text) => text.replaceAll("\n", "\r")],
  ["a mark at the start", (text) => `\uFEFF${text}`],
  ["everything twice", (text) => text + text],
  ["two documents run together", (text) => text.replace(/^---$/m, "")],
];
