import { globSync } from "node:fs";
import { basename, join } from "node:path";
import ts from "typescript";

/** What a field takes: a word (see `TYPES` in the written module), or a type that other fields may share. */
export type Field = string | Node;

/** A type as it is published: a map with its fields, a text of which only some are allowed, or what stands in a list or map. */
export type Node = Fields | Collection | { readonly is: "enum"; readonly values: readonly string[] };

export interface Fields {
  readonly is: "fields";
  readonly fields: Record<string, Field>;
}

interface Collection {
  readonly is: "list" | "map";
  of: Field;
}

function declarationsIn(folder: string): string[] {
  return globSync("*/**/*.d.ts", { cwd: folder, exclude: (name) => /^(node_modules|_schemas)$/.test(name) })
    .filter((file) => basename(file) !== "index.d.ts")
    .map((file) => join(folder, file))
    .sort();
}

/** Reads the types that packages declare: what their kinds are, and what stands in them. */
export class PublishedTypes {
  readonly #checker: ts.TypeChecker;
  readonly #program: ts.Program;
  readonly #nodes = new Map<ts.Type, Node>();
  readonly #files: ReadonlyMap<string, readonly string[]>;

  /** @param packages folders of packages with one declaration file for each kind */
  constructor(packages: readonly string[]) {
    this.#files = new Map(packages.map((folder) => [folder, declarationsIn(folder)]));
    this.#program = ts.createProgram([...this.#files.values()].flat(), {
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      lib: ["lib.es5.d.ts"],
      strict: true,
      skipLibCheck: true,
      types: [],
    });
    this.#checker = this.#program.getTypeChecker();
  }

  /** Every kind of a package with the type of its objects, by `group/version/Kind`. */
  kinds(folder: string): Map<string, Node> {
    const found = new Map<string, Node>();
    for (const file of this.#files.get(folder) ?? []) {
      const source = this.#program.getSourceFile(file);
      for (const statement of source?.statements ?? []) {
        if (!ts.isInterfaceDeclaration(statement)) continue;
        const type = this.#checker.getTypeAtLocation(statement);
        const [apiVersion, kind] = [this.#literal(type, "apiVersion"), this.#literal(type, "kind")];
        if (apiVersion === undefined || kind === undefined) continue;
        const name = apiVersion.includes("/") ? apiVersion : `/${apiVersion}`;
        const node = this.#field(type);
        if (typeof node === "object") found.set(`${name}/${kind}`, node);
      }
    }
    return found;
  }

  #typeOf(symbol: ts.Symbol): ts.Type {
    return this.#checker.getNonNullableType(this.#checker.getTypeOfSymbol(symbol));
  }

  #literal(type: ts.Type, name: string): string | undefined {
    const property = type.getProperty(name);
    const value = property && this.#typeOf(property);
    return value?.isStringLiteral() ? value.value : undefined;
  }

  #field(type: ts.Type): Field {
    const known = this.#nodes.get(type);
    if (known) return known;
    if (type.flags & ts.TypeFlags.String) return "text";
    if (type.flags & ts.TypeFlags.Number) return "number";
    if (type.flags & ts.TypeFlags.BooleanLike) return "boolean";
    if (type.isStringLiteral()) return this.#remember(type, { is: "enum", values: [type.value] });
    if (type.isUnion()) return this.#union(type);
    if (this.#checker.isArrayType(type)) return this.#list(type);
    return type.flags & ts.TypeFlags.Object ? this.#map(type) : "anything";
  }

  #remember(type: ts.Type, node: Node): Node {
    this.#nodes.set(type, node);
    return node;
  }

  #union(type: ts.UnionType): Field {
    if (type.types.every((part) => part.flags & ts.TypeFlags.BooleanLike)) return "boolean";
    const values = type.types.flatMap((part) => (part.isStringLiteral() ? [part.value] : []));
    if (values.length === type.types.length) return this.#remember(type, { is: "enum", values });
    const isNumberOrText = type.types.every(
      ({ flags }) => flags & (ts.TypeFlags.String | ts.TypeFlags.Number),
    );
    if (!isNumberOrText) return "anything";
    return type.aliasSymbol?.name === "IQuantity" ? "number-or-text" : "integer-or-text";
  }

  #list(type: ts.Type): Node {
    const [item] = this.#checker.getTypeArguments(type as ts.TypeReference);
    return this.#collection(type, "list", item);
  }

  /** Remembered before its values are read: they may hold it. */
  #collection(type: ts.Type, is: Collection["is"], of: ts.Type | undefined): Node {
    const node: Collection = { is, of: "anything" };
    this.#remember(type, node);
    if (of) node.of = this.#field(of);
    return node;
  }

  /** A map with neither fields nor values of a type is one whose fields nobody says. */
  #map(type: ts.Type): Field {
    const properties = this.#checker.getPropertiesOfType(type);
    const values = this.#checker.getIndexTypeOfType(type, ts.IndexKind.String);
    if (properties.length === 0 && values) return this.#collection(type, "map", values);
    if (properties.length === 0 || values) return "anything";
    const node: Fields = { is: "fields", fields: {} };
    this.#remember(type, node);
    for (const property of properties) node.fields[property.name] = this.#field(this.#typeOf(property));
    return node;
  }
}
