import { list, object, string, texts } from "../../engine/json.ts";
import { decode } from "../../engine/template.ts";
import type { Manifest } from "../../engine/types.ts";
import { listText } from "../../engine/words.ts";
import { backendsOf, type Backend } from "../../engine/world.ts";

/** More places than this make no message clearer. */
const MOST = 4;

/** Who gets what a backend answers: `shop.example.com/cart`, or the route itself where it names no host. */
export function visitorsOf(route: Manifest, { service, port }: Backend): string {
  const same = backendsOf(route).filter((one) => one.service === service && one.port === port);
  const places = [...new Set(same.flatMap((backend) => placesOf(route, backend)))];
  return places.length === 0 || places.includes("") ? route.name : listText(places.map(decode), MOST);
}

/** Hosts with their paths; a path that is all of the host is left out. */
function placesOf(route: Manifest, { path }: Backend): string[] {
  const rule = object(route.get(...path.slice(0, 3)));
  if (route.kind !== "Ingress") {
    const hosts = texts(route.get("spec", "hostnames"));
    const paths = list(rule["matches"]).map((match) => string(object(object(match)["path"])["value"]) ?? "/");
    return joined(hosts, paths.length === 0 ? ["/"] : paths);
  }
  // A backend without a rule answers for the hosts that no rule names.
  if (path[1] !== "rules") return [""];
  return joined(
    [string(rule["host"]) ?? ""],
    [string(object(route.get(...path.slice(0, 6)))["path"]) ?? "/"],
  );
}

function joined(hosts: readonly string[], paths: readonly string[]): string[] {
  const all = hosts.length === 0 ? [""] : hosts;
  return all.flatMap((host) => paths.map((path) => (path === "/" || path === "" ? host : `${host}${path}`)));
}
