import type { Location } from "../engine/types.ts";
import type { Files } from "./github-actions.ts";
import { branchCondition, whenCondition } from "./jenkins-conditions.ts";
import { readStatements, UnreadableJenkinsfile } from "./jenkins-lexer.ts";
import type { Statement } from "./jenkins-lexer.ts";
import { both, readBody } from "./jenkins-steps.ts";
import type { Condition, Job, Pipeline } from "./model.ts";
import {
  and,
  assemble,
  condition,
  need,
  newJob,
  not,
  numbered,
  OPAQUE,
  status,
  trigger,
  Names,
} from "./reading.ts";
import type { Primitive } from "./yaml.ts";

/**
 * Reads a Jenkinsfile. Of a declarative pipeline the stages, their order and their conditions; of a scripted one the
 * stages in the order in which they stand. What shared libraries do is not known.
 */
export function readJenkinsfile(path: string, files: Files): Pipeline[] {
  const source = files.tree.files.get(path)?.text ?? "";
  try {
    return build(readStatements(source), path, files);
  } catch (error) {
    if (!(error instanceof UnreadableJenkinsfile)) throw error;
    const message = `This pipeline file was not analysed: ${error.message}. What it tests and deploys is unknown.`;
    files.notes.push({ path, line: error.line, message });
    files.unread.push(path);
    return [];
  }
}

function build(statements: readonly Statement[], path: string, files: Files): Pipeline[] {
  const at = (statement: Statement): Location => {
    const { line, column } = statement;
    return { side: files.side, path, line, column, endLine: line, endColumn: column + statement.name.length };
  };
  const walk: Walk = { jobs: [], taken: new Names(), at };
  const declarative = statements.find(({ name }) => name === "pipeline");
  const top = declarative?.block ?? statements;
  sequence(declarative ? (child(top, "stages")?.block ?? []) : top, walk, { before: [] });
  const [first] = statements;
  if (walk.jobs.length === 0 || !first) return [];
  const place = at(declarative ?? first);
  const frame = { provider: "jenkins" as const, path, id: path, name: path, triggersAt: place };
  const rest = {
    triggers: [trigger("push", place)],
    inputs: parametersOf(top),
    opaque: librariesOf(statements),
  };
  return assemble({ ...frame, ...rest }, walk.jobs, files);
}

const child = (statements: readonly Statement[], name: string): Statement | undefined =>
  statements.find((statement) => statement.name === name);

function parametersOf(statements: readonly Statement[]): Readonly<Record<string, Primitive>> {
  const parameters = child(statements, "parameters")?.block ?? [];
  return Object.fromEntries(
    parameters.map(({ texts, source }): [string, Primitive] => {
      const name = texts.find(({ label }) => label === "name") ?? texts[0];
      return [(name?.value ?? "").toLowerCase(), /defaultValue : true/.test(source)];
    }),
  );
}

/** A library is code of another repository; its steps may do anything. */
function librariesOf(statements: readonly Statement[]): string[] {
  const names = statements.flatMap(({ name, texts }) =>
    /^(Library|library)$/.test(name) ? texts.map(({ value }) => value) : [],
  );
  return names.map((name) => `the shared library ${name}`);
}

interface Walk {
  readonly jobs: Job[];
  readonly taken: Names;
  readonly at: (statement: Statement) => Location;
}

interface Place {
  /** The jobs that end before. */
  readonly before: readonly Job[];
  /** The stages around, as names. */
  readonly condition?: Condition;
  readonly mayFail?: Condition;
}

/** Goes through statements in order; gives back the jobs that end last. */
function sequence(statements: readonly Statement[], walk: Walk, place: Place): readonly Job[] {
  let before = place.before;
  for (const [index, statement] of statements.entries()) {
    if (statement.name === "parallel") before = parallel(statement, walk, { ...place, before });
    else if (statement.name === "stage") before = stage(statement, walk, { ...place, before });
    else if (statement.block) {
      before = sequence(statement.block, walk, {
        ...inside(statement, statements[index + 1], { place, walk }),
        before,
      });
    }
  }
  return before;
}

/** What a block around stages means for them: a condition, or that their failure is passed over. */
function inside(
  statement: Statement,
  next: Statement | undefined,
  { place, walk }: { readonly place: Place; readonly walk: Walk },
): Place {
  const at = walk.at(statement);
  if (statement.name === "if" || statement.name === "else") {
    const asked = statement.name === "if" ? branchCondition(statement.source) : OPAQUE;
    return { ...place, condition: both(place.condition, condition(asked, statement.source, at)) };
  }
  const passes = statement.name === "try" ? swallows(next) : /^(catchError|warnError)$/.test(statement.name);
  return passes
    ? { ...place, mayFail: condition({ kind: "literal", value: true }, statement.name, at) }
    : place;
}

/** `try { … } catch (e) { … }` hides a failure unless the catch fails again. */
function swallows(next: Statement | undefined): boolean {
  if (next?.name !== "catch") return false;
  const all = flat(next.block ?? []);
  return !all.some(
    ({ name, source }) => /^(throw|error|currentBuild\.result)$/.test(name) || source.includes("FAILURE"),
  );
}

const flat = (statements: readonly Statement[]): Statement[] =>
  statements.flatMap((statement) => [statement, ...flat(statement.block ?? [])]);

function parallel(statement: Statement, walk: Walk, place: Place): readonly Job[] {
  const legs = (statement.block ?? []).filter(({ block }) => block);
  const last = legs.flatMap((leg) => {
    if (leg.name === "stage") return stage(leg, walk, place);
    const inner = leg.block ?? [];
    // A leg of a map holds stages, or is one.
    return flat(inner).some(({ name }) => name === "stage")
      ? sequence(inner, walk, place)
      : stage({ ...leg, texts: [{ value: leg.name, line: leg.line }] }, walk, place);
  });
  return last.length > 0 ? last : place.before;
}

/** One stage: a job; or, where it holds stages, those. */
function stage(statement: Statement, walk: Walk, place: Place): readonly Job[] {
  const body = statement.block ?? [];
  const when = child(body, "when");
  const own = when && condition(whenCondition(when.block ?? []), `when ${textOf(when)}`, walk.at(when));
  const asked = own ? both(place.condition, own) : place.condition;
  const inner: Place = { ...place, ...(asked ? { condition: asked } : {}) };
  const nested = body.find(({ name }) => /^(stages|parallel|matrix)$/.test(name));
  if (nested) return nest(nested, walk, inner);
  const steps = child(body, "steps")?.block ?? body.filter(({ name }) => !SECTIONS.test(name));
  if (!child(body, "steps") && flat(steps).some(({ name }) => name === "stage"))
    return sequence(steps, walk, inner);
  return [toJob(statement, steps, { walk, place: inner, asksPerson: child(body, "input") !== undefined })];
}

const SECTIONS = /^(agent|environment|options|post|tools|when|input|failFast|steps|axes|excludes)$/;

function nest(nested: Statement, walk: Walk, place: Place): readonly Job[] {
  if (nested.name === "parallel") return parallel(nested, walk, place);
  const block =
    nested.name === "matrix" ? (child(nested.block ?? [], "stages")?.block ?? []) : (nested.block ?? []);
  return sequence(block, walk, place);
}

/** What a stage waits for ran before it; a stage that was skipped stops nobody, one that failed stops all. */
function toJob(
  statement: Statement,
  body: readonly Statement[],
  { walk, place, asksPerson }: { readonly walk: Walk; readonly place: Place; readonly asksPerson: boolean },
): Job {
  const at = walk.at(statement);
  const id = walk.taken.unused(statement.texts[0]?.value ?? "stage");
  const steps = numbered(readBody(body, { at: walk.at }));
  const asks = asksPerson || flat(body).some(({ name }) => name === "input");
  const job = newJob(id, at, {
    needs: place.before.map((other) => need(other.id, other.at, other.key)),
    needsAt: at,
    condition: condition(
      and(not(status("failure")), place.condition?.expr ?? { kind: "literal", value: true }),
      place.condition?.text ?? "",
      place.condition?.at ?? at,
    ),
    ...(place.mayFail ? { allowFailure: place.mayFail } : {}),
    steps,
    ...(asks ? { approval: true } : {}),
  });
  walk.jobs.push(job);
  return job;
}

const textOf = (statement: Statement): string =>
  flat(statement.block ?? [])
    .map(({ name, source }) => `${name} ${source}`.trim())
    .join(" ")
    .slice(0, 200);
