import { findingsOf } from "./checks/findings.ts";
import { checks } from "./checks/index.ts";
import { pointAtChange } from "./checks/point-at-change.ts";
import { runChecks } from "./checks/run.ts";
import { worldsOf } from "./checks/worlds.ts";
import { fidelityOf } from "./engine/fidelity.ts";
import { floorRows } from "./engine/floors.ts";
import { protectionRows } from "./engine/protection-rows.ts";
import type { Note, Policy, Render, Report, StageRow, Tier, Tree } from "./engine/types.ts";
import { readDelivery } from "./pipelines/delivery.ts";
import type { Delivery } from "./pipelines/delivery.ts";
import { subjectOfDeploy } from "./pipelines/problems.ts";
import { applyPolicy } from "./policy/apply.ts";
import { strictestDemands, upcomingDemands, withDemands } from "./policy/demands.ts";
import { tierOf } from "./policy/tiers.ts";
import { verdicts } from "./policy/verdict.ts";
import { waiverFor } from "./policy/waivers.ts";
import { isPipeline } from "./sources/relevant.ts";

/**
 * The whole judgement. The app and the command line differ only in where the trees come from and where the report
 * goes. Data in, data out: no network, no files (but what `render` uses), no clock (today comes with the policy).
 */
export async function review(base: Tree, head: Tree, policy: Policy, render: Render): Promise<Report> {
  const rendered = await render(base, head, policy.units);
  const delivery = {
    before: readDelivery(base, policy, "base", { units: rendered.base.units }),
    after: readDelivery(head, policy, "head", { units: rendered.head.units }),
  };
  const units = worldsOf({ before: rendered.base, after: rendered.head }, policy);
  const { problems, notes } = runChecks(checks, units, delivery);
  const pointed = pointAtChange(problems, { before: rendered.base, after: rendered.head }, { base, head });
  const findings = applyPolicy(findingsOf(pointed, policy, { tierOf, waiverFor }), policy);
  const all = [...rendered.head.notes.map(ofItsFile), ...delivery.after.notes.map(ofStages), ...notes];
  const rows = delivery.after.rows.map((row) => withDemands(row, policy, tierOfDeploy(row, policy)));
  return {
    version: 1,
    base: base.commit,
    head: head.commit,
    verdicts: verdicts(findings, rows, policy, all),
    findings,
    floors: floorRows(units, (subject, place) => tierOf(policy, subject, place)),
    protections: protectionRows(units, (subject, place) => tierOf(policy, subject, place)),
    stages: rows,
    demands: strictestDemands(policy),
    upcoming: upcomingDemands(policy),
    fidelity: fidelityOf(units, base === head || changesPipelines(base, head, delivery.after)),
    notes: unique(all),
    scope: {
      manifests: rendered.head.units.reduce((sum, unit) => sum + unit.manifests.length, 0),
      units: rendered.head.units.length,
      pipelines: delivery.after.pipelines.length,
    },
  };
}

/** A repository as it is, with all that it deploys: nothing is compared, so nothing is held against anybody. */
export function survey(tree: Tree, policy: Policy, render: Render): Promise<Report> {
  return review(tree, tree, policy, async (_, head, rules) => {
    // Only what a change touches is rendered, and against nothing everything is new.
    const { head: all } = await render({ ...head, files: new Map() }, head, rules);
    return { base: all, head: all };
  });
}

/** Deploys have tiers as workloads have: by their job's name, and where they go. */
function tierOfDeploy({ deploy, environment }: StageRow, policy: Policy): Tier {
  return tierOf(policy, subjectOfDeploy(deploy), { unit: "", environment });
}

const changesPipelines = (base: Tree, head: Tree, { pipelines }: Delivery): boolean =>
  pipelines.some(({ path }) => base.files.get(path)?.sha !== head.files.get(path)?.sha);

const ofStages = (note: Note): Note => ({ ...note, run: "test-stages" });

/** What could not be read at all may have been a pipeline. */
const ofItsFile = (note: Note): Note => (isPipeline(note.path) ? ofStages(note) : note);

/** Sorted, each once. */
function unique(notes: readonly Note[]): Note[] {
  const byText = new Map(
    notes.map((note) => [JSON.stringify([note.path, note.line ?? 0, note.message]), note]),
  );
  return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, note]) => note);
}
