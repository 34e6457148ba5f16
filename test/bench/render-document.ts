// The program that render.ts counts: renders one document of as many kilobytes as the parameter says, on the engine.

import { renderMarkdown } from "../../appliance/render/markdown.ts";
import { markdownIn } from "../support/markdown.ts";

const PART = `## A heading of no meaning

Words make a sentence, *some* of them with **weight**, and one of them is [a link](other.md "with a title"). A second
sentence has \`code\` in it; a third an image ![of nothing](image.png) and an address, https://example.org/path?q=1.

- a list
- of three items
  with a second line
- and a third

> Somebody said this, and somebody else that.

\`\`\`
code(that, stands, by, itself);
\`\`\`

| column | another |
|--------|--------:|
| cell   |       1 |

`;

const length = Number(nativeParameters()) * 1000;
const text = PART.repeat(Math.ceil(length / PART.length)).slice(0, length);
const html = renderMarkdown(text, markdownIn(""));
nativeConsole(`${text.length} characters, ${html.ok ? html.value.length : html.error}\n`);
