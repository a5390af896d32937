/** Text that is HTML already. Anything else is escaped when it is put into a template. */
export interface Html {
  readonly text: string;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

export const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);

export const raw = (text: string): Html => ({ text });

export const list = (items: readonly Html[]): Html => raw(items.map(({ text }) => text).join("\n"));

export function html(parts: TemplateStringsArray, ...values: readonly (Html | string | number)[]): Html {
  const written = values.map((value) => (typeof value === "object" ? value.text : escape(String(value))));
  return raw(parts.map((part, at) => part + (written[at] ?? "")).join(""));
}
