import type { Files } from "./github-actions.ts";
import type { Condition } from "./model.ts";
import { Budget, condition, OPAQUE } from "./reading.ts";
import { entries, entry, field, text } from "./yaml.ts";
import type { Entry, MapNode, Node, Primitive } from "./yaml.ts";

/** What templates may come to in one pipeline. */
const NODES_AT_MOST = 100_000;
/** Azure's own limit is 100 levels; nobody reads so deep. */
const DEEP = 20;

/** One entry of a list, with the compile-time condition under which it is there. */
export interface Item {
  readonly node: Node;
  readonly asked: Condition | undefined;
}

/** Default values of the parameters with which a person starts a pipeline. */
export function parametersOf(root: Node): Readonly<Record<string, Primitive>> {
  const listed = field(root, "parameters");
  const items = listed?.kind === "sequence" ? listed.items : [];
  return Object.fromEntries(
    items.map((item): [string, Primitive] => {
      const given = field(item, "default");
      return [(text(field(item, "name")) ?? "").toLowerCase(), given?.kind === "scalar" ? given.value : null];
    }),
  );
}

/** Follows templates of the same repository, and puts their parameters in. */
export class Templates {
  readonly opaque = new Set<string>();
  readonly #files: Files;
  readonly #path: string;
  readonly #budget = new Budget(NODES_AT_MOST);

  constructor(files: Files, path: string) {
    this.#files = files;
    this.#path = path;
  }

  /** A pipeline that extends a template is that template, with its parameters. */
  extend(root: MapNode): Node {
    const extended = field(root, "extends");
    return extended ? (this.#open(extended, this.#path)?.root ?? root) : root;
  }

  /** The entries of a list; templates, and branches that are chosen at compile time, are put in their place. */
  items(node: Node | undefined, key: string): Item[] {
    return this.#items(node, { key, from: this.#path, depth: 0 });
  }

  #items(node: Node | undefined, frame: Frame): Item[] {
    const items = node?.kind === "sequence" ? node.items : [];
    return items.flatMap((item) => {
      if (frame.depth > DEEP || !this.#budget.take()) return [];
      const [first] = entries(item);
      if (first && /^\$\{\{/.test(first.key)) return this.#chosen(item, frame);
      return field(item, "template") ? this.#template(item, frame) : [{ node: item, asked: frame.asked }];
    });
  }

  /** `- ${{ if … }}:` holds a list. Whether it is there is not known. */
  #chosen(item: Node, frame: Frame): Item[] {
    return entries(item).flatMap((choice: Entry) => {
      const asked = /\beach\b/.test(choice.key) ? frame.asked : condition(OPAQUE, choice.key, choice.at);
      return this.#items(choice.value, { ...frame, asked, depth: frame.depth + 1 });
    });
  }

  #template(item: Node, frame: Frame): Item[] {
    const opened = this.#open(item, frame.from);
    if (!opened) return [{ node: item, asked: frame.asked }];
    return this.#items(field(opened.root, frame.key), {
      ...frame,
      from: opened.path,
      depth: frame.depth + 1,
    });
  }

  /** A path with a slash in front counts from the repository's root, any other from the file that names it. */
  #open(call: Node, from: string): { readonly root: Node; readonly path: string } | undefined {
    const target = text(field(call, "template")) ?? "";
    const [file = "", repository] = target.split("@", 2);
    const path = file.startsWith("/") ? file.slice(1) : resolved(from, file);
    const root =
      repository === undefined || repository === "self" ? this.#files.read(path, { merge: true }) : undefined;
    if (!root) {
      this.opaque.add(target);
      return undefined;
    }
    return { root: this.#filled(root, argumentsOf(root, field(call, "parameters")), 0), path };
  }

  #filled(node: Node, given: ReadonlyMap<string, Node>, depth: number): Node {
    if (given.size === 0 || depth > DEEP * 2 || !this.#budget.take()) return node;
    if (node.kind === "sequence") {
      return { ...node, items: node.items.map((item) => this.#filled(item, given, depth + 1)) };
    }
    if (node.kind === "map") {
      const filled = [...node.entries].map(([key, item]) => {
        return [key, { ...item, value: this.#filled(item.value, given, depth + 1) }] as const;
      });
      return { ...node, entries: new Map(filled) };
    }
    return fill(node, given);
  }
}

interface Frame {
  readonly key: string;
  readonly from: string;
  readonly depth: number;
  readonly asked?: Condition | undefined;
}

const PARAMETER = /\$\{\{\s{0,9}parameters\.([\w-]{1,100})\s{0,9}\}\}/g;

function fill(node: Extract<Node, { kind: "scalar" }>, given: ReadonlyMap<string, Node>): Node {
  if (typeof node.value !== "string" || !node.value.includes("${{")) return node;
  const whole = /^\$\{\{\s{0,9}parameters\.([\w-]{1,100})\s{0,9}\}\}$/.exec(node.value.trim())?.[1];
  const only = whole === undefined ? undefined : given.get(whole);
  if (only && only.kind !== "scalar") return only;
  const value = node.value.replaceAll(PARAMETER, (written, name: string) => text(given.get(name)) ?? written);
  return { ...node, value };
}

function argumentsOf(template: Node, call: Node | undefined): ReadonlyMap<string, Node> {
  const given = new Map<string, Node>();
  const declared = field(template, "parameters");
  for (const item of declared?.kind === "sequence" ? declared.items : []) {
    const byDefault = entry(item, "default");
    if (byDefault) given.set(text(field(item, "name")) ?? "", byDefault.value);
  }
  // The older form is a map of defaults.
  for (const { key, value } of entries(declared)) given.set(key, value);
  for (const { key, value } of entries(call)) given.set(key, value);
  return given;
}

function resolved(from: string, file: string): string {
  const parts = from.split("/").slice(0, -1);
  for (const part of file.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "." && part !== "") parts.push(part);
  }
  return parts.join("/");
}
