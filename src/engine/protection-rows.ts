import { protecting, protectingRoute, type Protection } from "./protections.ts";
import { routesTo } from "./routes.ts";
import {
  MEANS,
  type Environment,
  type Manifest,
  type ProtectionRow,
  type Subject,
  type Tier,
} from "./types.ts";
import type { World } from "./world.ts";

interface Sides {
  readonly unit: string;
  readonly environment: Environment;
  readonly untouched: boolean;
  readonly before: World;
  readonly after: World;
}

/**
 * What stands between a failed dependency and the users of each critical workload, by route. Posture, no finding: shown
 * where the change touches the unit.
 */
export function protectionRows(
  units: readonly Sides[],
  tierOf: (subject: Subject, unit: Sides) => Tier,
): ProtectionRow[] {
  return units.flatMap((unit) => {
    if (unit.untouched) return [];
    const critical = unit.after.workloads.filter(
      ({ manifest, runsToCompletion }) => !runsToCompletion && tierOf(manifest, unit) === "critical",
    );
    return critical.flatMap((workload) =>
      unit.after
        .servicesOf(workload)
        .flatMap((service) => rowsOf(service, unit))
        .map((row) => ({ ...row, workload: workload.manifest.ref, unit: unit.unit })),
    );
  });
}

function rowsOf(service: Manifest, { before, after }: Sides): Omit<ProtectionRow, "workload" | "unit">[] {
  const routes = [...new Set(routesTo(service, after))];
  const old = before.find("Service", service.name, service);
  if (routes.length === 0) {
    const was = old && routesTo(old, before).length === 0 ? ofService(old, before) : undefined;
    return [{ route: service.ref, ...(was && { before: was }), after: ofService(service, after) }];
  }
  return routes.map((route) => {
    const same = before.find(route.kind, route.name, route);
    const was = same && old ? cells(protectingRoute(same, old, before)) : undefined;
    return {
      route: route.ref,
      ...(was && { before: was }),
      after: cells(protectingRoute(route, service, after)),
    };
  });
}

const ofService = ({ name, namespace }: Manifest, world: World) =>
  cells(protecting({ service: name, namespace }, world).filter(({ on }) => on));

/** By means; annotations without the part before the slash, which is the controller's. */
function cells(found: readonly Protection[]): ProtectionRow["after"] {
  return Object.fromEntries(
    MEANS.flatMap((means) => {
      const texts = found.filter((one) => one.means === means).map(textOf);
      return texts.length === 0 ? [] : [[means, [...new Set(texts)].sort().join(", ")]];
    }),
  );
}

function textOf({ name, value }: Protection): string {
  const short = name.slice(name.lastIndexOf("/") + 1);
  return value === "" ? short : `${short}: ${value}`;
}
