import { isObject, object, string, text, type JsonObject } from "./json.ts";
import type { FieldPath, Json, Manifest } from "./types.ts";
import type { World } from "./world.ts";

/** A place that names a Service: an address in a variable, an argument or a ConfigMap, or a reference of another object. */
export interface Mention {
  readonly manifest: Manifest;
  readonly at: FieldPath;
  readonly service: string;
  /** Absent where it is not written; then it is the object's own. */
  readonly namespace?: string;
  /** A number or a name, as text; absent where it is not written (the scheme's port, or none). */
  readonly port?: string;
  /** What is written, for messages: `http://cart:8080`. */
  readonly text: string;
}

/** Every mention of the Services named, in a unit's objects. Reads each text once, however many names there are. */
export function mentionsOf(world: Pick<World, "manifests">, names: ReadonlySet<string>): Mention[] {
  if (names.size === 0) return [];
  return world.manifests.flatMap((manifest) => {
    if (SILENT.has(manifest.kind)) return [];
    const found: Mention[] = [];
    visit({ manifest, names, found }, manifest.object, []);
    return found;
  });
}

/** Whether a mention means this Service: the same namespace where both say one. */
export function means(mention: Mention, service: Manifest): boolean {
  if (mention.service !== service.name) return false;
  const namespace = mention.namespace ?? mention.manifest.namespace;
  return namespace === service.namespace || namespace === "" || service.namespace === "";
}

/** Objects that describe Services or watch them, and do not call them; and what is not read for its content. */
const SILENT: ReadonlySet<string> = new Set([
  ...["Service", "Endpoints", "EndpointSlice", "Secret", "CustomResourceDefinition", "NetworkPolicy"],
  ...["ServiceMonitor", "PodMonitor", "PrometheusRule", "GrafanaDashboard", "Namespace"],
]);

/** Fields whose text is a name of something else. */
const ASIDE: ReadonlySet<string> = new Set([
  ...["labels", "matchLabels", "selector", "nodeSelector", "image", "name", "namespace", "kind", "status"],
  ...["apiVersion", "affinity", "tolerations", "ports", "volumes", "volumeMounts", "podSelector"],
]);

interface Walk {
  readonly manifest: Manifest;
  readonly names: ReadonlySet<string>;
  readonly found: Mention[];
}

function visit(walk: Walk, node: Json | undefined, at: FieldPath): void {
  if (typeof node === "string") {
    walk.found.push(...inText(walk, node, at));
  } else if (Array.isArray(node)) {
    (node as readonly Json[]).forEach((item, index) => {
      visit(walk, item, [...at, index]);
    });
  } else if (isObject(node)) {
    const reference = asReference(walk, node, at);
    if (reference) walk.found.push(reference);
    for (const [key, value] of Object.entries(node))
      if (!ASIDE.has(key) || at.at(-1) === "data") visit(walk, value, [...at, key]);
  }
}

/** What a text is the value of: the name of a variable, or the nearest key. */
function keyOf(at: FieldPath, manifest: Manifest): string {
  if (at.at(-1) !== "value") return at.findLast(isName) ?? "";
  return string(manifest.get(...at.slice(0, -1), "name")) ?? "value";
}

const isName = (step: string | number): step is string => typeof step === "string";

/** Fields that hold a reference to a Service as `{ name, namespace?, port? }`, or a list of such. */
const REFERENCES = /^(service|services|serviceRef|backendRefs?|clientConfig|to|alternateBackends)$/;

function asReference({ manifest, names }: Walk, node: JsonObject, at: FieldPath): Mention | undefined {
  const name = string(node["name"]);
  if (name === undefined || !names.has(name)) return undefined;
  if (!REFERENCES.test(at.findLast(isName) ?? "") || (node["kind"] ?? "Service") !== "Service")
    return undefined;
  const deep = object(node["port"]);
  const port = deep["name"] ?? deep["number"] ?? (isObject(node["port"]) ? undefined : node["port"]);
  const namespace = string(node["namespace"]);
  return {
    ...{ manifest, at: [...at, "name"], service: name, text: name },
    ...(namespace !== undefined && { namespace }),
    ...(port !== undefined && { port: text(port) }),
  };
}

/** A host name with what stands around it: `cart`, `cart.shop`, `cart.shop.svc.cluster.local`, each with a port or none. */
const HOST =
  /(?<![\w.-])([a-z](?:[-a-z0-9]*[a-z0-9])?)((?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*)\.?(?::(\d{1,5}))?(?![\w-])/g;

/** What stands before a host: the scheme, the credentials, or an option of a command. */
const LEADS = /(:\/\/|@|(^|\s)(-h|--?[\w-]*(host|hostname|server|addr|address|endpoint))[= ])$/i;

/** Names of variables and keys whose value is a host. */
const HOST_KEY =
  /(^|[_.-]|[a-z])(host|hostname|addr|address|server|url|uri|endpoint|broker|upstream|backend|servicename|(active|preview|stable|canary)service|peer|seed|node)s?$/i;

/** A line of a configuration file that gives a key a host: `redis.host = cart`. */
const KEY_BEFORE = /([\w.-]+)["']?\s*[=:]\s*["']?$/;

function inText({ manifest, names }: Walk, value: string, at: FieldPath): Mention[] {
  const found: Mention[] = [];
  for (const match of value.matchAll(HOST)) {
    const [written, service = "", rest = "", number] = match;
    if (!names.has(service) || !isAddress(match, value, keyOf(at, manifest))) continue;
    const [, namespace] = rest.split(".");
    const scheme = /\w+:\/\/$/.exec(value.slice(Math.max(0, match.index - 12), match.index))?.[0] ?? "";
    const port = number ?? PORTS[scheme];
    found.push({
      ...{ manifest, at, service, text: scheme + written },
      ...(namespace !== undefined && { namespace }),
      ...(port !== undefined && { port }),
    });
  }
  return found;
}

/** Whether a word that is the name of a Service stands where an address does. */
function isAddress(match: RegExpExecArray, value: string, key: string): boolean {
  const [written, , rest = "", port] = match;
  const { index } = match;
  const [, , mark] = rest.split(".");
  // `cart.example.com` is somebody else's host.
  if (mark !== undefined) return mark === "svc";
  if (written === value) return port !== undefined || HOST_KEY.test(key);

  return port !== undefined || standsAsAddress(value, index, index + written.length);
}

/** After a scheme or an option, or as all that a line of a configuration file sets a key to. */
function standsAsAddress(value: string, start: number, end: number): boolean {
  const before = value.slice(Math.max(0, start - 40), start);
  const isSetting =
    /^["'\s,;]?$/.test(value.slice(end, end + 1)) && HOST_KEY.test(KEY_BEFORE.exec(before)?.[1] ?? "");
  return LEADS.test(before) || isSetting;
}

/** Ports that a scheme means where none is written. */
const PORTS: Readonly<Record<string, string>> = {
  "http://": "80",
  "https://": "443",
  "ws://": "80",
  "wss://": "443",
};
