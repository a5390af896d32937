import { describe, expect, test } from "@jest/globals";
import { mostInOne } from "../../src/engine/spread.ts";
import { parse, workload } from "./files.ts";

/** Puts pods one after the other wherever the skew allows, in every order, and returns the most that one domain got. */
function worstBySearch(n: number, z: number, skew: number): number {
  const seen = new Set<string>();
  let worst = 0;
  const place = (counts: readonly number[], left: number) => {
    const state = [...counts].sort((a, b) => a - b);
    if (seen.has(state.join())) return;
    seen.add(state.join());
    if (left === 0) worst = Math.max(worst, ...state);
    else {
      const least = state[0] ?? 0;
      state.forEach((count, domain) => {
        if (count + 1 - least <= skew) place(state.with(domain, count + 1), left - 1);
      });
    }
  };
  place(Array<number>(z).fill(0), n);
  return worst;
}

describe("a hard spread", () => {
  const spread = (skew: number, when = "DoNotSchedule", key = "topology.kubernetes.io/zone", app = "web") =>
    parse(
      workload("replicas: 3", {
        pod: `topologySpreadConstraints: [{ maxSkew: ${skew}, topologyKey: ${key}, whenUnsatisfiable: ${when}, labelSelector: { matchLabels: { app: ${app} } } }]`,
      }),
    ).web;

  const cases = [1, 2, 3, 4].flatMap((z) => [1, 2, 3, 4, 5].map((skew) => [z, skew] as const));
  test.each(cases)("over %i zones with skew %i holds what a search over all placements finds", (z, skew) => {
    const web = spread(skew);
    for (let n = 0; n <= 12; n++)
      expect([n, mostInOne(web, "zone", n, z)]).toEqual([n, worstBySearch(n, z, skew)]);
  });

  test("over a number of zones that nobody said is judged by two, the fewest that help", () => {
    expect(mostInOne(spread(1), "zone", 5, undefined)).toBe(3);
  });

  test.each([
    ["a soft one promises nothing", spread(1, "ScheduleAnyway")],
    ["one for other pods promises nothing", spread(1, "DoNotSchedule", "topology.kubernetes.io/zone", "api")],
    ["one over nodes says nothing about zones", spread(1, "DoNotSchedule", "kubernetes.io/hostname")],
  ])("%s", (_, web) => {
    expect(mostInOne(web, "zone", 6, 3)).toBe(6);
  });

  const affinity = (kind: string, key: string, app = "web") => {
    const term = `{ topologyKey: ${key}, labelSelector: { matchLabels: { app: ${app} } } }`;
    const terms =
      kind === "required"
        ? `requiredDuringSchedulingIgnoredDuringExecution: [${term}]`
        : `preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: ${term} }]`;
    return parse(workload("replicas: 3", { pod: `affinity: { podAntiAffinity: { ${terms} } }` })).web;
  };
  test.each([
    [
      "required over zones: one a zone and one a node",
      "required",
      "topology.kubernetes.io/zone",
      "web",
      1,
      1,
    ],
    ["required over nodes: one a node, any number a zone", "required", "kubernetes.io/hostname", "web", 1, 4],
    ["preferred promises nothing", "preferred", "kubernetes.io/hostname", "web", 4, 4],
    ["against other pods promises nothing", "required", "kubernetes.io/hostname", "api", 4, 4],
  ])("anti-affinity %s", (...[, kind, key, app, onNode, inZone]) => {
    const web = affinity(kind, key, app);
    expect([mostInOne(web, "node", 4, 6), mostInOne(web, "zone", 4, 3)]).toEqual([onNode, inZone]);
    expect(mostInOne(web, "node", 0, 6)).toBe(0);
  });
});
