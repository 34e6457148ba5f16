// Quotes, dashes and dots as printers set them, for `.config/typographic`. Only text that is read: never code or HTML.

const QUOTES: Readonly<Record<string, readonly [open: string, close: string, innerOpen: string, innerClose: string]>> =
  {
    en: ["“", "”", "‘", "’"],
    de: ["„", "“", "‚", "‘"],
    fr: ["«\u00a0", "\u00a0»", "“", "”"],
    es: ["«", "»", "“", "”"],
    it: ["«", "»", "“", "”"],
  };

/** A letter or digit of any script: neither a blank nor a sign. */
const WORD = /[^\s!-/:-@[-`{-~“”„‚‘’«»–—…]/;

/** `text`: characters, not HTML. */
export function typographic(text: string, language: string): string {
  const [open, close, innerOpen, innerClose] = QUOTES[language.toLowerCase().replace(/-.*$/s, "")] ?? QUOTES["en"]!;
  if (!/["'.]|--/.test(text)) return text;
  return text
    .replace(/-{3}(?!-)/g, "—")
    .replace(/(?<!-)--(?!-)/g, "–")
    .replace(/\.{3}/g, "…")
    .replace(/["']/g, (quote: string, at: number, all: string) => {
      const before = all.charAt(at - 1);
      const after = all.charAt(at + 1);
      if (quote === "'" && WORD.test(before) && WORD.test(after)) return "’";
      // The '90s.
      if (quote === "'" && /\d/.test(after) && !WORD.test(before)) return "’";
      const opens = (before === "" || /[\s([{–—/]/.test(before)) && !/[\s.,;:!?)\]]/.test(after) && after !== "";
      const leads = before !== "" && /[\s([{]/.test(before) && after === "";
      if (opens || leads) return quote === '"' ? open : innerOpen;
      return quote === '"' ? close : WORD.test(before) ? "’" : innerClose;
    });
}
