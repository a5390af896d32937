import { Marked } from "marked";

/** HTML that GitHub lets through in Markdown, of what nines and people write here; the rest is shown as text. */
const ALLOWED = /^<\/?(details|summary|sub|sup|br|b|i|code|kbd)\s*\/?>$/i;

const escape = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** Each tag by itself: a line of HTML can hold several, with text between them. */
function sanitized(html: string): string {
  return html
    .replaceAll(/<!--[\s\S]*?-->/g, "")
    .split(/(<[^<>]*>)/)
    .map((part) => (ALLOWED.test(part) ? part : part.startsWith("<") ? escape(part) : part))
    .join("");
}

const marked = new Marked({ gfm: true, renderer: { html: ({ text }) => sanitized(text) } });

/** Markdown as GitHub would show it. Links are shown and lead nowhere: nothing here is meant to be followed. */
export function rendered(markdown: string): string {
  return marked
    .parse(markdown, { async: false })
    .replaceAll(/ href="[^"]*"/g, "")
    .replaceAll(/<img\b[^>]*>/g, "");
}
