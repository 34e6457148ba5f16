// HTML templates: a tagged template that escapes what is put into it. Markup is its own type, so text cannot be taken
// for it by accident.

/** A piece of HTML that may stand in a page as it is. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export type HtmlValue = Html | string | number | false | undefined | readonly HtmlValue[];

/** Text and attribute values (in double quotes) are escaped; `false` and `undefined` are nothing; lists are joined. */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  let text = parts[0]!;
  for (let i = 0; i < values.length; i++) text += show(values[i]!) + parts[i + 1]!;
  return new Html(text);
}

/** Takes markup as it is: for what has been rendered and for constants. */
export function raw(text: string): Html {
  return new Html(text);
}

export const NOTHING = new Html("");

function show(value: HtmlValue): string {
  if (value === false || value === undefined) return "";
  if (typeof value === "string") return escapeHtml(value);
  if (typeof value === "number") return String(value);
  if (value instanceof Html) return value.text;
  let text = "";
  for (const item of value) text += show(item);
  return text;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

export function escapeHtml(text: string): string {
  return /[&<>"']/.test(text) ? text.replace(/[&<>"']/g, (c) => ENTITIES[c]!) : text;
}
