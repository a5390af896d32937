import { azureCondition } from "./azure-conditions.ts";
import type { Item, Templates } from "./azure-templates.ts";
import type { Condition, Step } from "./model.ts";
import { and, condition, newStep, OPAQUE, runLineOf, YES } from "./reading.ts";
import { entries, entry, field, text } from "./yaml.ts";
import type { Entry, Node } from "./yaml.ts";
import { own } from "./own.ts";

/** Steps that run a script, with the shell that runs it. */
const SCRIPTS = ["script", "bash", "pwsh", "powershell"];

export function readSteps(node: Node, templates: Templates): Step[] {
  return templates.items(node, "steps").flatMap((item) => readStep(item));
}

function readStep({ node, asked }: Item): Step[] {
  const [first] = entries(node);
  if (!first) return [];
  const base = {
    id: (text(field(node, "name")) ?? "").toLowerCase(),
    name: text(field(node, "displayName")) ?? "",
    folder: folderOf(text(field(node, "workingDirectory")) ?? ""),
    ...conditions(node, asked),
  };
  const at = { ...first.at, endLine: node.at.endLine, endColumn: node.at.endColumn };
  const script = SCRIPTS.map((key) => entry(node, key)).find((found) => found);
  if (script) return [newStep(at, { ...base, ...scriptOf(script) })];
  const template = text(field(node, "template"));
  if (template !== undefined) return [newStep(at, { ...base, uses: template, opaque: true })];
  const task = text(field(node, "task"));
  return task === undefined ? [] : [newStep(at, { ...base, ...taskOf(task, node) })];
}

const scriptOf = ({ key, value }: Entry): Partial<Step> => ({
  run: text(value) ?? "",
  runLine: runLineOf(value),
  posix: key === "script" || key === "bash",
});

const folderOf = (folder: string): string => folder.replace(/^\$\([^)]*\)\/?/, "");

function conditions(node: Node, asked: Condition | undefined): Partial<Step> {
  return { ...conditionsOf(node, asked), ...allowFailureOf(node) };
}

/** The `condition` of a stage, a job or a step, and that under which it is there at all. */
export function conditionsOf(node: Node, asked: Condition | undefined): { condition?: Condition } {
  const found = entry(node, "condition");
  const source = text(found?.value);
  const own = found && source !== undefined ? condition(azureCondition(source), source, found.at) : undefined;
  const either = own ?? asked;
  if (!either) return {};
  if (!own || !asked) return { condition: either };
  return { condition: condition(and(asked.expr, own.expr), `${asked.text} and ${own.text}`, own.at) };
}

export function allowFailureOf(node: Node): { allowFailure?: Condition } {
  const found = entry(node, "continueOnError");
  const value = text(found?.value);
  if (!found || value === undefined || value === "false") return {};
  const expr = value === "true" ? YES : OPAQUE;
  return { allowFailure: condition(expr, `continueOnError: ${value}`, found.at) };
}

/** Tasks of Azure that run well-known tools, as the commands that they run. */
function taskOf(task: string, node: Node): Partial<Step> {
  const inputs = field(node, "inputs");
  const given = Object.fromEntries(
    entries(inputs).flatMap(({ key, value }) => {
      const source = text(value);
      return source === undefined ? [] : [[key, source]];
    }),
  );
  const lower = new Map(Object.entries(given).map(([key, value]) => [key.toLowerCase(), value]));
  const name = task.replace(/@.*$/s, "").toLowerCase();
  const make = own(TASKS, name);
  const run = make?.((key) => lower.get(key) ?? "");
  return { uses: task, arguments: given, ...(run === undefined || run === "" ? {} : { run }) };
}

type Make = (input: (name: string) => string) => string;

/** Source of the inputs: https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/ */
const TASKS: Readonly<Record<string, Make>> = {
  bash: (input) => input("script") || input("filepath"),
  cmdline: (input) => input("script"),
  shellscript: (input) => input("scriptpath"),
  azurecli: (input) => input("inlinescript") || input("scriptpath"),
  npm: (input) =>
    input("command") === "custom" ? `npm ${input("customcommand")}` : `npm ${input("command")}`,
  dotnetcorecli: (input) => `dotnet ${input("command")} ${input("projects")}`,
  maven: (input) => `mvn ${input("goals") || "package"} ${input("options")}`,
  gradle: (input) => `gradle ${input("tasks") || "build"} ${input("options")}`,
  vstest: () => "dotnet vstest",
  go: (input) => `go ${input("command")} ${input("arguments")}`,
  kubernetes: (input) => `kubectl ${input("command")} ${input("arguments")}`,
  kubernetesmanifest: (input) =>
    input("action") === "deploy" || input("action") === ""
      ? `kubectl apply -f ${input("manifests")} -n ${input("namespace")}`
      : "",
  helmdeploy: (input) =>
    `helm ${input("command")} ${input("releasename")} ${input("chartpath")} ${input("arguments")} ${input("namespace")}`,
  azurewebapp: () => "az webapp deploy",
  azurerminwebappdeployment: () => "az webapp deploy",
};
