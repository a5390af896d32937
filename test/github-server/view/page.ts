import type { Host } from "../host.ts";
import { findRepository } from "../host.ts";
import { latestOf } from "../model/checks.ts";
import type { Annotation, CheckRun, Comment, PullRequest, RepositoryState, ReviewComment } from "../state.ts";
import { html, list, raw, type Html } from "./html.ts";
import { rendered } from "./markdown.ts";
import { STYLE } from "./style.ts";

/** A pull request as a person sees it: check runs, annotations and comments. Everything is escaped. */

const LABEL: Readonly<Record<string, string>> = {
  success: "passed",
  failure: "failed",
  neutral: "neutral",
  cancelled: "cancelled",
  skipped: "skipped",
  timed_out: "timed out",
  action_required: "action required",
};

const markdown = (text: string | null): Html => (text ? raw(rendered(text)) : html``);

const range = (note: Annotation): string =>
  note.start_line === note.end_line ? String(note.start_line) : `${note.start_line}–${note.end_line}`;

const annotation = (note: Annotation): Html =>
  html` <li class="${note.annotation_level}">
    <b>${note.annotation_level}</b> <code>${note.path}:${range(note)}</code> ${note.title ?? ""}
    <pre>${note.message}</pre>
  </li>`;

const button = ({ label, description }: CheckRun["actions"][number]): Html =>
  html`<span class="button" title="${description}">${label}</span>`;

const checkRun = (run: CheckRun): Html =>
  html` <section class="run ${run.conclusion ?? run.status}">
    <h3>${run.name} <small>${LABEL[run.conclusion ?? ""] ?? run.status}</small></h3>
    <p>${run.output.title ?? ""}</p>
    ${markdown(run.output.summary)} ${markdown(run.output.text)}
    <ul>
      ${list(run.annotations.map(annotation))}
    </ul>
    ${list(run.actions.map(button))}
  </section>`;

const said = ({ user, createdAt, body, minimized, reactions }: Comment): Html =>
  html` <p>
      <b>${user}</b>
      <small>${createdAt}${minimized === null ? "" : `, hidden: ${minimized.toLowerCase()}`}</small>
      <small>${reactions.map(({ content }) => `:${content}:`).join(" ")}</small>
    </p>
    ${markdown(body)}`;

const thread = (all: readonly ReviewComment[], first: ReviewComment): Html =>
  html` <section class="thread">
    <code>${first.path}${first.line === null ? "" : `:${first.line}`}</code>
    <pre class="hunk">${first.diffHunk}</pre>
    ${said(first)} ${list(all.filter(({ inReplyTo }) => inReplyTo === first.id).map(said))}
  </section>`;

function body(state: RepositoryState, pull: PullRequest): Html {
  const runs = latestOf(state.checkRuns.filter(({ head_sha }) => head_sha === pull.headSha));
  const comments = state.issueComments.filter(({ number }) => number === pull.number);
  const review = state.reviewComments.filter(({ number }) => number === pull.number);
  const reviews = state.reviews.filter((one) => one.number === pull.number && one.body !== "");
  return html`
    <h1>${pull.title} <small>${state.fullName}#${pull.number}</small></h1>
    <p>
      ${pull.author} wants to merge <code>${pull.head}</code> (${pull.headSha.slice(0, 7)}) into
      <code>${pull.base}</code>
    </p>
    <h2>Check runs</h2>
    ${list(runs.toReversed().map(checkRun))}
    <h2>Comments</h2>
    ${list(comments.map(said))}
    ${list(
      reviews.map(
        (one) =>
          html`<p><b>${one.user}</b> reviewed</p>
            ${markdown(one.body)}`,
      ),
    )}
    ${list(review.filter(({ inReplyTo }) => inReplyTo === null).map((first) => thread(review, first)))}
  `;
}

const page = (title: string, content: Html): string =>
  html`<!doctype html>
    <html lang="en">
      <meta charset="utf-8" />
      <title>${title}</title>
      <style>
        ${raw(STYLE)}
      </style>
      <main>${content}</main>
    </html> `.text;

/** The page of `/{owner}/{repo}/pull/{n}`; null for every other path. */
export function view(host: Host, path: string): Promise<string | null> {
  const match = /^\/([^/]+\/[^/]+)\/pull\/(\d+)\/?$/.exec(path);
  const state = match ? findRepository(host, match[1]!) : undefined;
  const pull = state?.pulls.get(Number(match?.[2]));
  return Promise.resolve(state && pull ? page(pull.title, body(state, pull)) : null);
}
