import { metricsOf } from "../engine/analysis-conditions.ts";
import type { Metric } from "../engine/analysis-conditions.ts";
import { at, list, object, string, text } from "../engine/json.ts";
import { analysesOf, flaggerAnalysis, isFlagger, isRollout, targetOf } from "../engine/progressive.ts";
import type { GateVerdict, Location, Manifest, Stage } from "../engine/types.ts";
import { workloadOf } from "../engine/workload.ts";
import { testsOfCommand, testsOfPod } from "./cluster-commands.ts";
import type { ClusterCommand } from "./cluster-commands.ts";
import { isStage } from "./evidence.ts";

/** A test that a controller in the cluster runs while it brings a new version there. */
export interface ClusterTest {
  readonly stage: Stage;
  readonly verdict: GateVerdict;
  /** As a clause: "k6, which Rollout/shop runs between its steps, stops it". */
  readonly reason: string;
  readonly at: Location;
  /** The workload that it guards, as `Kind/name`; absent where it guards all that is deployed with it. */
  readonly guards?: string;
  /** The object that holds it. */
  readonly owner: Manifest;
}

/** Finds an AnalysisTemplate, wherever the repository holds it. */
type Find = (kind: string, name: string) => Manifest | undefined;

/** The tests that the manifests of one unit hold. */
export function clusterTests(manifests: readonly Manifest[], find: Find): ClusterTest[] {
  return manifests.flatMap((manifest) => {
    if (isRollout(manifest)) return ofRollout(manifest, find);
    if (isFlagger(manifest)) return ofFlagger(manifest);
    return ofHook(manifest);
  });
}

function ofRollout(rollout: Manifest, find: Find): ClusterTest[] {
  const target = targetOf(rollout);
  const guards = target ? `${target.kind}/${target.name}` : `Rollout/${rollout.name}`;
  return analysesOf(rollout).flatMap(({ template, kind, moment, path }) => {
    const found = find(kind, template);
    const metrics = found ? metricsOf(found) : [];
    return metrics.flatMap((metric) =>
      ofMetric(metric).map(({ purpose, tool, cannotFail }): ClusterTest => {
        const who = `${tool} in ${kind} ${template}, which ${rollout.ref} runs ${moment},`;
        const late = moment === "after the switch";
        const how =
          cannotFail ?? (late ? "takes it back when it fails, once users have it" : "stops it when it fails");
        const verdict = cannotFail !== undefined ? "advisory" : late ? "post" : "required";
        const reason =
          cannotFail === undefined ? `${who} ${how} (in-cluster)` : `${who} cannot stop it: ${how}`;
        return { stage: purpose, verdict, reason, at: rollout.locate(...path), guards, owner: rollout };
      }),
    );
  });
}

type StageCommand = ClusterCommand & { readonly purpose: Stage };

const onlyStages = (commands: readonly ClusterCommand[]): StageCommand[] =>
  commands.flatMap((command) => (isStage(command.purpose) ? [{ ...command, purpose: command.purpose }] : []));

/** What a metric of an analysis tests: what its Job runs, whether the new version answers, or how fast. */
function ofMetric({ name, spec, dry }: Metric): StageCommand[] {
  const provider = object(spec["provider"]);
  const conditions = ["successCondition", "failureCondition"].some((key) => spec[key] !== undefined);
  const measured = Object.keys(provider).find((key) => key !== "job");
  const fault = dry
    ? "it is listed under dryRun"
    : measured !== undefined && measured !== "web" && !conditions
      ? "it has no condition to fail on"
      : undefined;
  const found =
    provider["job"] === undefined
      ? measuredBy(`${name} ${text(provider[measured ?? ""])}`, measured ?? "a measurement")
      : testsOfPod(at(provider["job"], ["spec", "template", "spec"]));
  return onlyStages(found).map((command) =>
    fault === undefined ? command : { ...command, cannotFail: fault },
  );
}

/** Measures of a new version under its users' requests: how fast it answers, or whether. */
function measuredBy(words: string, tool: string): ClusterCommand[] {
  if (/latenc|duration|response.?time|\bp9\d|quantile/i.test(words))
    return [{ purpose: "performance", tool }];
  const answers = tool === "web" || /success|error|fail|status|availab|5xx|5\.\.|health/i.test(words);
  return answers ? [{ purpose: "acceptance", tool }] : [];
}

/** When Flagger calls a hook (docs.flagger.app/usage/webhooks): before or during the analysis it holds a version back. */
const HOLDING = /^(pre-rollout|rollout|confirm-traffic-increase|confirm-promotion)$/;

function ofFlagger(canary: Manifest): ClusterTest[] {
  const found = flaggerAnalysis(canary);
  if (!found) return [];
  const { analysis, path } = found;
  const target = targetOf(canary);
  const base = { owner: canary, guards: `${target?.kind ?? "Deployment"}/${target?.name ?? canary.name}` };
  const skipped = canary.get("spec", "skipAnalysis") === true ? "skipAnalysis is true" : undefined;
  const say = (tool: string, fault: string | undefined): Pick<ClusterTest, "verdict" | "reason"> => {
    const who = `${tool}, which ${canary.ref} asks before it goes on,`;
    return fault === undefined
      ? { verdict: "required", reason: `${who} stops it when it fails (in-cluster)` }
      : { verdict: "advisory", reason: `${who} cannot stop it: ${fault}` };
  };
  const metrics = list(analysis["metrics"]).flatMap((item, index) => {
    const name = string(object(item)["name"]) ?? "";
    const bounded = object(item)["thresholdRange"] !== undefined || object(item)["threshold"] !== undefined;
    const fault = skipped ?? (bounded ? undefined : "it has no threshold");
    return onlyStages(measuredBy(name, `metric ${name}`)).map(({ purpose, tool }) => {
      return { ...base, stage: purpose, ...say(tool, fault), at: canary.locate(...path, "metrics", index) };
    });
  });
  const hooks = list(analysis["webhooks"]).flatMap((item, index) => {
    const { type, name, metadata } = object(item);
    const when = string(type) ?? "rollout";
    const own = hookTests(string(object(metadata)["cmd"]), `${string(name) ?? ""} ${when}`);
    const kind = string(object(metadata)["type"]);
    // The load tester starts a plain `cmd` in the background, and answers before it has ended.
    const background = object(metadata)["cmd"] !== undefined && (kind === undefined || kind === "cmd");
    const fault = skipped ?? (background ? "the load tester runs it in the background" : undefined);
    const place = canary.locate(...path, "webhooks", index);
    if (when === "post-rollout")
      return own.map(({ purpose, tool }): ClusterTest => {
        const reason = `${tool}, which ${canary.ref} asks after the promotion, runs only after it`;
        return { ...base, stage: purpose, verdict: "post", reason, at: place };
      });
    if (!HOLDING.test(when)) return [];
    return own.map(({ purpose, tool, cannotFail }): ClusterTest => {
      return { ...base, stage: purpose, ...say(tool, cannotFail ?? fault), at: place };
    });
  });
  return [...metrics, ...hooks];
}

/** What a hook asks for by its command; by its name where another service does the work. */
function hookTests(command: string | undefined, name: string): StageCommand[] {
  const own = command === undefined ? [] : onlyStages(testsOfCommand(command));
  if (own.length > 0) return own;
  if (/load|perf/i.test(name)) return [{ purpose: "performance", tool: `hook ${name}` }];
  if (/accept|smoke|e2e|integration|functional|test/i.test(name))
    return [{ purpose: "acceptance", tool: `hook ${name}` }];
  return [];
}

/** Hooks around a sync of Argo CD or an upgrade by Helm, which Argo CD takes for its own; `test` it does not run. */
function ofHook(manifest: Manifest): ClusterTest[] {
  const { annotations } = manifest;
  const argo = annotations["argocd.argoproj.io/hook"] ?? "";
  const helm = annotations["helm.sh/hook"] ?? "";
  const hook = argo === "" ? helm : argo;
  const podSpec = hook === "" ? undefined : workloadOf(manifest)?.podSpec;
  if (podSpec === undefined) return [];
  const base = { owner: manifest, at: manifest.locate() };
  if (/(^|,)\s*test(-success)?\s*(,|$)/.test(helm)) {
    const reason = `${manifest.ref} is a Helm test, and no pipeline runs \`helm test\` before it`;
    return [{ ...base, stage: "acceptance", verdict: "capability", reason }];
  }
  return onlyStages(testsOfPod(podSpec)).map(({ purpose, tool, cannotFail }): ClusterTest => {
    const who = `${tool} in ${manifest.ref} (${hook})`;
    if (cannotFail !== undefined)
      return { ...base, stage: purpose, verdict: "advisory", reason: `${who} cannot stop it: ${cannotFail}` };
    if (/PreSync|pre-install|pre-upgrade/.test(hook))
      return {
        ...base,
        stage: purpose,
        verdict: "required",
        reason: `${who} stops it when it fails (in-cluster)`,
      };
    return { ...base, stage: purpose, verdict: "post", reason: `${who} does not run before it` };
  });
}
