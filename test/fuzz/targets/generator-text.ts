import { parseData } from "../../../appliance/content/data.ts";
import { ignored } from "../../../appliance/content/layouts/globs.ts";
import { expandLiquid } from "../../../appliance/content/layouts/liquid.ts";
import { literalsOf } from "../../../appliance/content/layouts/literals.ts";
import { expandMdx } from "../../../appliance/content/layouts/mdx.ts";
import { mapProse } from "../../../appliance/content/layouts/prose.ts";
import { expandShortcodes, HUGO_SHORTCODES, ZOLA_SHORTCODES } from "../../../appliance/content/layouts/shortcodes.ts";
import { scanLinks } from "../../../appliance/content/links.ts";
import { ascii, check, type Target, utf8 } from "../target.ts";

/** What generators write into texts and settings: shortcodes, Liquid, MDX, links, TOML, YAML, JSON and literals of programs. */
export const generatorText: Target = {
  name: "generator-text",
  limit: 600,
  work: 4_000_000,
  words: [
    ...[
      "{{< ",
      " >}}",
      "{{% ",
      " %}}",
      "{{</* ",
      " */>}}",
      "{{< /figure >}}",
      "figure",
      'src="a"',
      "{{ img(src='a') }}",
    ],
    ...[
      "{% raw %}",
      "{% endraw %}",
      "{% highlight ",
      "{% endhighlight %}",
      "{% quote() %}",
      "{% end %}",
      "{{ site.x | upcase }}",
    ],
    ...["](", "[a]: ", "[[", "]]", 'href="', "```", "~~~", "\n", "`"],
    ...[
      "a = 1\n",
      "[a.b]\n",
      "[[a]]\n",
      '"""',
      "'''",
      "1979-05-27T07:32:00Z",
      "a: b\n",
      "- a\n",
      '{"a":',
      "&a ",
      "*a ",
    ],
    ...[
      "%%",
      "==",
      "{/*",
      "*/}",
      "<Tag a={b} ",
      "/>",
      "</Tag>",
      "import a\n",
      "key: 'x',",
      "key = [",
      "**/",
      "!a",
      "{a,b}",
    ],
  ],
  seeds: () =>
    [
      '{{< figure src="a.png" >}} [x]({{< ref "b.md" >}})\n{{< mystery >}}inner{{< /mystery >}}',
      "{% raw %}{{ x }}{% endraw %} {{ site.title | downcase }} {% post_url a %}",
      "[a](b.md) ![c](<d e.png> 'title') `[x](y)`\n\n[r]: target.md\n[[wiki|label]]",
      "title = 'x'\ndate = 2024-01-02\n[params]\na = [1, 2]\n",
      "a: [1, {b: c}]\n",
      "import A from 'a'\n\n{/* no */}<A b={() => c}>x</A> %% y %% `%%`",
      "export default { title: 'x', tags: [\"a\"], /* y */ n: 3 };",
      "*.md\n!a/**/b\n",
    ].map(ascii),
  run: (bytes) => {
    const text = utf8(bytes);
    const lines = text.split("\n").length;
    for (const format of ["yaml", "toml", "json"] as const) {
      const data = parseData(format, text);
      if (!data.ok) check(data.error.reason.length <= 200, "a reason that fills the log");
    }
    for (const { faults } of [
      expandShortcodes(text, HUGO_SHORTCODES),
      expandShortcodes(text, ZOLA_SHORTCODES),
      expandLiquid(text, () => undefined),
      expandMdx(text),
      mapProse(text, { open: "%%", close: "%%" }, (prose) => prose),
    ])
      for (const { line } of faults) check(line !== undefined && line >= 1 && line <= lines, "a fault on no line");
    check(mapProse(text, undefined, (prose) => prose).text === text, "prose that was not changed is another");
    for (const key of literalsOf(text).keys()) check(key === key.toLowerCase(), "a key in capitals");
    ignored(text.split("\n"))("a/b.md");
    let last = 1;
    for (const { line } of scanLinks(text, true)) {
      check(line >= last && line <= lines, "links out of order");
      last = line;
    }
  },
};
