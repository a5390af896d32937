import { readContainer, readInlineScript } from "./containers.ts";
import type { Ran } from "./containers.ts";
import type { Job, Step } from "./model.ts";
import { itemsOf, newStep, numbered } from "./reading.ts";
import { entry, field, text, texts } from "./yaml.ts";
import type { Entry, Node } from "./yaml.ts";

type Given = ReadonlyMap<string, string>;

/** What a template does that runs no others: a container, a script, an object that is applied, or a wait for a person. */
export function leafOf(template: Node, given: Given): Partial<Job> {
  const name = text(field(template, "name")) ?? "";
  const suspend = entry(template, "suspend");
  // With a duration it goes on by itself.
  if (suspend) return { name, ...(field(suspend.value, "duration") ? {} : { approval: true }) };
  const container = entry(template, "container");
  const script = entry(template, "script");
  const resource = entry(template, "resource");
  const several = itemsOf(field(field(template, "containerSet"), "containers"));
  if (container) return { name, steps: [containerStep(container.value, given)] };
  if (script) return { name, steps: [scriptStep(script.value, given)] };
  if (resource) return { name, steps: [resourceStep(resource)] };
  if (several.length > 0) return { name, steps: numbered(several.map((one) => containerStep(one, given))) };
  return { name, steps: [newStep(template.at, { uses: name === "" ? "a template" : name, opaque: true })] };
}

function containerStep(node: Node, given: Given): Step {
  const image = text(field(node, "image")) ?? "";
  const ran = readContainer({ image, command: field(node, "command"), args: field(node, "args") });
  return newStep(node.at, { uses: `docker://${image}`, ...put(ran, given) });
}

/** The command of a script is its interpreter; without `-e` it goes on after a failure. */
function scriptStep(node: Node, given: Given): Step {
  const words = texts(field(node, "command")).map((one) => one.text);
  const errexit = words.slice(1).some((word) => /^-[a-z]*e/.test(word));
  const posix = words.length === 0 || /(^|\/)(ba|z|da|a)?sh$/.test(words[0] ?? "");
  const ran = readInlineScript(field(node, "source"), errexit);
  return newStep(node.at, {
    uses: `docker://${text(field(node, "image")) ?? ""}`,
    ...put({ ...ran, posix }, given),
  });
}

function resourceStep({ at, value }: Entry): Step {
  const action = text(field(value, "action")) ?? "get";
  return newStep(at, {
    run: `kubectl ${action === "create" ? "create -f" : action} manifest`,
    runLine: at.line,
  });
}

const put = (ran: Ran, given: Given): Ran =>
  ran.run === undefined ? ran : { ...ran, run: filled(ran.run, given) };

/** Puts in what a template is given. */
export const filled = (source: string, given: Given): string =>
  source.replaceAll(
    /\{\{\s{0,9}inputs\.parameters\.([\w-]{1,100})\s{0,9}\}\}/g,
    (whole, name: string) => given.get(name) ?? whole,
  );
