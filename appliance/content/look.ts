// `.config/theme`: the name of a colour scheme, and maybe "light" or "dark" for pages that are never the other.

/** Colour schemes; render/palettes.ts has their colours. */
export const PALETTES = ["leaf", "ocean", "plum", "ember", "slate", "paper"] as const;
export type Palette = (typeof PALETTES)[number];

export interface Look {
  readonly palette: Palette;
  readonly scheme: "both" | "light" | "dark";
}

/** `text`: undefined: nothing is set. What is not understood is told, and the rest counts. */
export function readLook(text: string | undefined, told: (reason: string) => void): Look {
  let palette: Palette = "leaf";
  let scheme: Look["scheme"] = "both";
  for (const word of (text ?? "").toLowerCase().split(/[\s,]+/)) {
    const named = PALETTES.find((name) => name === word);
    if (named !== undefined) palette = named;
    else if (word === "light" || word === "dark") scheme = word;
    else if (word !== "" && word !== "auto")
      told(
        `there is no ${JSON.stringify(word.slice(0, 50))}; there are: ${PALETTES.join(", ")}, and light or dark after it`,
      );
  }
  return { palette, scheme };
}
