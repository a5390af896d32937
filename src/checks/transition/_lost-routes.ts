import type { Change } from "../../engine/pair.ts";
import { servedBy, type Served } from "../../engine/routes.ts";
import { decode } from "../../engine/template.ts";
import type { Location, Manifest, Problem, Severity } from "../../engine/types.ts";
import { listText } from "../../engine/words.ts";
import type { Transition } from "../define.ts";

/** Hosts that answer nowhere. How much that proves depends on what is left of the application. */
export function lossOf(change: Change, lost: readonly Served[], transition: Transition): Problem {
  const route = lost[0]?.route as Manifest;
  const hosts = [...new Set(lost.map(({ host }) => decode(host)))];
  const named = hosts.filter((host) => host !== "");
  const what = named.length > 0 ? listText(named) : "the hosts that no other route names";
  const { atMost, text } = remains(lost, transition);
  const how = change.after === undefined ? "this change removes it" : "this change drops it";
  return {
    subject: route,
    key: "host",
    at: placeOf(change, lost, transition),
    ...(atMost && { atMost }),
    message:
      `${route.ref} answers ${what}, and ${how}. No other route here takes over, so visitors of ${named.length > 0 ? what : route.name} get a 404 from the deploy on. ${text}`.trim(),
    ...(named.length > 0 && {
      fix: `Go on serving ${what}, or answer with a redirect, until that traffic is gone. If nobody visits it any more, accept this with a waiver for ${route.ref}.`,
    }),
  };
}

/** What the route led to. */
function remains(
  lost: readonly Served[],
  { before, after }: Transition,
): { atMost?: Severity; text: string } {
  const { route } = lost[0] as Served;
  const names = [...new Set(lost.flatMap(({ services }) => services))].filter((name) => name !== "");
  const seen = names.filter((name) => before.find("Service", name, route) !== undefined);
  const kept = seen.filter((name) => after.anywhere("Service", name));
  if (kept.length > 0) {
    const open = kept.map((name) => after.find("Service", name, route)).some((service) => isOpen(service));
    const isNameless = lost.every(({ host }) => host === "");
    if (open && isNameless)
      return { atMost: "notice", text: `Only the address of Service ${listText(kept)} itself is left.` };
    return { text: `Service ${listText(kept)} stays, but cannot be reached by that name.` };
  }
  if (seen.length > 0)
    return {
      atMost: "warning",
      text: `Service ${listText(seen)} goes with it: no harm if both are retired.`,
    };
  return { atMost: "warning", text: "" };
}

function isOpen(service: Manifest | undefined): boolean {
  return ["LoadBalancer", "NodePort"].some((type) => service?.get("spec", "type") === type);
}

/** Where the route is kept: its hosts; where it is gone: the Service that it led to. */
function placeOf({ after }: Change, lost: readonly Served[], { after: world }: Transition): Location {
  const first = lost[0] as Served;
  if (after) return after.locate(...(servedBy(after)[0]?.at ?? first.at));
  for (const name of first.services) {
    const service = world.find("Service", name, first.route);
    if (service) return service.locate();
  }
  return first.route.locate();
}

/** The host answers, the path does not: at all, or with another Service. */
export function* pathsOf(change: Change, lost: readonly Served[], transition: Transition): Iterable<Problem> {
  const { route } = lost[0] as Served;
  const paths = [...new Set(lost.map(({ host, path }) => `${decode(host)}${decode(path)}`))];
  const { atMost, text } = remains(lost, transition);
  yield {
    subject: route,
    key: "path",
    at: placeOf(change, lost, transition),
    ...(atMost && { atMost }),
    message:
      `${route.ref} answers ${listText(paths)}, and this change drops ${paths.length === 1 ? "it" : "them"}. No route here takes over, so requests to ${paths.length === 1 ? "it" : "them"} get a 404 from the deploy on. ${text}`.trim(),
    fix: `Keep ${listText(paths)}, or answer with a redirect, until that traffic is gone.`,
  };
}
