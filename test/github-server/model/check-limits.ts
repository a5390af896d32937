import { invalidRequest } from "../http/errors.ts";
import {
  asObject,
  atMost,
  atMostBytes,
  integer,
  oneOf,
  optionalInteger,
  optionalList,
  optionalText,
  text,
  type Body,
} from "../http/fields.ts";
import type { Annotation, CheckAction, CheckRun } from "../state.ts";

/** What GitHub refuses in the output of a check run. Source, unless said: OpenAPI, "Create a check run". */

/** maxItems of `annotations`: "a maximum of 50 per API request". */
const ANNOTATIONS = 50;
/** maxLength of `summary` and `text`, in characters. */
const SUMMARY = 65_535;
/** "The maximum size is 255 characters" (annotation); the run's own title is held to the same. */
const TITLE = 255;
/** "The maximum size is 64 KB." */
const MESSAGE_BYTES = 64 * 1024;
/** "A maximum of three actions are accepted." */
const ACTIONS = 3;
const ACTION_LABEL = 20;
const ACTION_DESCRIPTION = 40;
const ACTION_IDENTIFIER = 20;

const LEVELS = ["notice", "warning", "failure"] as const;

function columns(body: Body, oneLine: boolean): { start_column: number | null; end_column: number | null } {
  const start_column = optionalInteger(body, "start_column") ?? null;
  const end_column = optionalInteger(body, "end_column") ?? null;
  // "Annotations only support start_column and end_column on the same line."
  if (!oneLine && (start_column !== null || end_column !== null))
    throw invalidRequest("start_column and end_column are only supported on a single line.");
  return { start_column, end_column };
}

function readAnnotation(body: Body): Annotation {
  const start_line = integer(body, "start_line");
  const end_line = integer(body, "end_line");
  const annotation_level = oneOf(body, "annotation_level", LEVELS);
  if (!annotation_level) throw invalidRequest(`"annotation_level" wasn't supplied.`);
  if (start_line < 1 || end_line < start_line)
    throw invalidRequest("end_line must not be before start_line.");
  const note = {
    path: text(body, "path"),
    start_line,
    end_line,
    ...columns(body, start_line === end_line),
    annotation_level,
    title: optionalText(body, "title") ?? null,
    message: text(body, "message"),
    raw_details: optionalText(body, "raw_details") ?? null,
  };
  atMost(note.title ?? "", TITLE, "An annotation's title");
  atMostBytes(note.message, MESSAGE_BYTES, "An annotation's message");
  atMostBytes(note.raw_details ?? "", MESSAGE_BYTES, "An annotation's raw_details");
  return note;
}

export interface NewOutput {
  output: CheckRun["output"];
  annotations: Annotation[];
}

export function readOutput(body: Body): NewOutput | null {
  if (body["output"] === undefined || body["output"] === null) return null;
  const output = asObject(body["output"], "'output'");
  const annotations = optionalList(output, "annotations");
  if (annotations.length > ANNOTATIONS)
    throw invalidRequest(
      `No more than ${ANNOTATIONS} items are allowed; ${annotations.length} were supplied.`,
    );
  const read = {
    title: optionalText(output, "title") ?? null,
    summary: text(output, "summary"),
    text: optionalText(output, "text") ?? null,
  };
  atMost(read.title ?? "", TITLE, "title");
  atMost(read.summary, SUMMARY, "summary");
  atMost(read.text ?? "", SUMMARY, "text");
  return { output: read, annotations: annotations.map(readAnnotation) };
}

function readAction(body: Body): CheckAction {
  const action = {
    label: text(body, "label"),
    description: text(body, "description"),
    identifier: text(body, "identifier"),
  };
  atMost(action.label, ACTION_LABEL, "An action's label");
  atMost(action.description, ACTION_DESCRIPTION, "An action's description");
  atMost(action.identifier, ACTION_IDENTIFIER, "An action's identifier");
  return action;
}

export function readActions(body: Body): CheckAction[] | null {
  if (body["actions"] === undefined) return null;
  const actions = optionalList(body, "actions");
  if (actions.length > ACTIONS)
    throw invalidRequest(`No more than ${ACTIONS} items are allowed; ${actions.length} were supplied.`);
  return actions.map(readAction);
}
