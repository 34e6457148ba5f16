// Blogs of Eleventy and Astro, a vault of Obsidian and an export of Ghost, with what those tools' own starters have in them.

import type { Blog } from "../../oracle/blogs.ts";

const PICTURE = "not really a picture\n";

/** As eleventy-base-blog is laid out. */
export const ELEVENTY: Blog = {
  "eleventy.config.js": `import pluginRss from "@11ty/eleventy-plugin-rss";
// The folder public/ is copied: addPassthroughCopy("commented-out")
export default async function (eleventyConfig) {
	eleventyConfig.addPassthroughCopy({ "./public/": "/" }).addPassthroughCopy("content/files");
	eleventyConfig.ignores.add("content/notes-to-self");
}
export const config = {
	templateFormats: ["md", "njk", "html", "liquid", "11ty.js"],
	markdownTemplateEngine: "njk",
	htmlTemplateEngine: "njk",
	dir: { input: "content", includes: "../_includes", data: "../_data", output: "_site" },
};
`,
  "_data/metadata.js": `export default {
	title: "An Eleventy blog",
	url: "https://blog.example.net/",
	language: "en",
	description: "I am writing about my experiences.",
	author: { name: "Ann Author", email: "ann@example.net" },
};
`,
  "_includes/layouts/base.njk": "<h1>{{ title }}</h1>{{ content | safe }}",
  "package.json": '{ "private": true }',
  "README.md": "# About this repository\n",
  ".eleventyignore": "content/ignored.md\n",
  "public/img/p.png": PICTURE,
  "public/_headers": "/*\n  X: y\n",
  "content/files/paper.pdf": PICTURE,
  "content/secrets.json": '{"a": 1}',
  "content/index.njk": "---\ntitle: Home\n---\n{% for p in collections.posts %}x{% endfor %}\n",
  "content/feed/feed.njk": "---\npermalink: /feed/feed.xml\n---\n",
  "content/sitemap.xml.njk": "---\npermalink: /sitemap.xml\n---\n",
  "content/contact.njk": "---\ntitle: Contact\n---\n<p>me</p>\n",
  "content/about.md":
    "---\ntitle: About\n---\nMe. {# a secret remark #} [first](/blog/firstpost/) [paper](/files/paper.pdf)\n",
  "content/plain.html": "---\ntitle: In HTML\n---\n<p>Words</p>\n",
  "content/blog/blog.11tydata.js": 'export default {\n\ttags: ["posts"],\n\tlayout: "layouts/post.njk",\n};\n',
  "content/blog/firstpost.md":
    "---\ntitle: First\ndescription: This is it.\ndate: 2024-05-01\ntags: [another tag]\n---\n![p](/img/p.png) [second](/blog/2024-06-01-second/) {{ metadata.title }} {% raw %}{{ raw }}{% endraw %}\n",
  "content/blog/2024-06-01-second.md": "---\ntitle: Second\ntags: number 2\n---\n[first](firstpost.md)\n",
  "content/blog/third/third.md": "---\ntitle: Third\ndate: 2024-07-01\n---\n![photo](photo.jpg)\n",
  "content/blog/third/photo.jpg": PICTURE,
  "content/blog/placed.md":
    '---\ntitle: Placed Here\ndate: 2024-07-02\npermalink: "/titles/{{ title | slugify }}/"\n---\nText\n',
  "content/blog/2024-07-03-slug.md": '---\ntitle: By slug\npermalink: "by/{{ page.fileSlug }}/index.html"\n---\nText\n',
  "content/blog/index-page/index.md": "---\ntitle: In a folder\ndate: 2024-07-04\n---\nText\n",
  "content/blog/modified.md": "---\ntitle: By Git\ndate: git Last Modified\n---\nText\n",
  "content/blog/embargoed.md": "---\ntitle: Embargoed\ndate: 2099-01-01\n---\nLater\n",
  "content/blog/draft.md": "---\ntitle: Draft\ndate: 2024-07-05\ndraft: true\n---\nNo\n",
  "content/blog/unwritten.md": "---\ntitle: Unwritten\ndate: 2024-07-06\npermalink: false\n---\nNo\n",
  "content/blog/unbuilt.md": "---\ntitle: Unbuilt\ndate: 2024-07-06\npermalink:\n  build: false\n---\nNo\n",
  "content/blog/maybe.md":
    '---\ntitle: Perhaps\ndate: 2024-07-06\npermalink: "{% if wip %}false{% else %}/perhaps/{% endif %}"\n---\nNo\n',
  "content/blog/excluded.md": "---\ntitle: Excluded\ndate: 2024-07-07\neleventyExcludeFromCollections: true\n---\nNo\n",
  "content/ignored.md": "---\ntitle: Ignored\n---\nNo\n",
  "content/notes-to-self/x.md": "---\ntitle: To myself\n---\nNo\n",
  "content/wip/wip.json": '{ "permalink": false, "tags": ["wip"] }',
  "content/wip/plan.md": "---\ntitle: Plan\n---\nNo\n",
  "content/maybe/maybe.11tydata.js":
    "export default { permalink: (data) => data.tags.includes('x') ? false : '/y/' };\n",
  "content/maybe/program.md": "---\ntitle: By a program\n---\nNo\n",
  "content/gone.md": "---\ntitle: Gone\n---\nNo\n",
  "content/gone.11tydata.json": '{ "draft": true }',
};

export const ELEVENTY_HIDDEN = [
  "Embargoed",
  "Draft",
  "Unwritten",
  "Unbuilt",
  "Perhaps",
  "Excluded",
  "Ignored",
  "To myself",
  "Plan",
  "By a program",
  "Gone",
  "secret remark",
];

/** What Eleventy 3.1 (`npx @11ty/eleventy`) writes of the documents above that it does not hide, and of its copies. */
export const ELEVENTY_URLS = [
  "/about/",
  "/blog/2024-06-01-second/",
  "/blog/firstpost/",
  "/blog/index-page/",
  "/blog/modified/",
  "/blog/third/",
  "/by/slug/",
  "/files/paper.pdf",
  "/img/p.png",
  "/plain/",
  "/titles/placed-here/",
];

/** As `npm create astro -- --template blog` lays it out. */
export const ASTRO: Blog = {
  "astro.config.mjs": `import { defineConfig } from 'astro/config';
// https://astro.build/config
export default defineConfig({
	site: 'https://blog.example.net',
	integrations: [mdx(), sitemap()],
});
`,
  "package.json": "{}",
  "README.md": "# Astro Starter Kit\n",
  "src/consts.ts": "export const SITE_TITLE = 'An Astro blog';\nexport const SITE_DESCRIPTION = \"Welcome to it!\";\n",
  "src/content.config.ts": `import { glob } from 'astro/loaders';
const blog = defineCollection({
	// Load Markdown and MDX files in the \`src/content/blog/\` directory.
	loader: glob({ base: './src/content/blog', pattern: '**/*.{md,mdx}' }),
	schema: z.object({ title: z.string() }),
});
export const collections = { blog };
`,
  "src/pages/index.astro": "<p>Hi</p>",
  "src/pages/blog/index.astro": "const posts = await getCollection('blog');",
  "src/pages/blog/[...slug].astro": "const posts = await getCollection('blog');",
  "src/pages/colophon.md": "---\ntitle: Colophon\nlayout: ../layouts/X.astro\n---\nHow. [using](/blog/using-mdx/)\n",
  "src/pages/_notes.md": "---\ntitle: My notes\n---\nNo\n",
  "src/layouts/BlogPost.astro": "x",
  "src/components/Header.astro": "x",
  "src/assets/hero.jpg": PICTURE,
  "public/favicon.svg": "<svg/>",
  "public/fonts/a.woff": PICTURE,
  "src/content/blog/First Post.md":
    "---\ntitle: First\npubDate: 'Jul 08 2022'\nheroImage: '../../assets/hero.jpg'\n---\n![hero](../../assets/hero.jpg) [second](/blog/second-post/)\n",
  "src/content/blog/second-post.md":
    "---\ntitle: Second\npubDate: 'Jul 15 2022'\nupdatedDate: 'Jul 16 2022'\n---\n![o](./own.png)\n",
  "src/content/blog/own.png": PICTURE,
  "src/content/blog/deep/Third Post/index.md": "---\ntitle: Third\npubDate: 2022-08-01\n---\nText\n",
  "src/content/blog/placed.md": "---\ntitle: Placed\npubDate: 2022-08-02\nslug: some/where\n---\nText\n",
  "src/content/blog/using-mdx.mdx": `---
title: 'Using MDX'
pubDate: 'Jun 01 2024'
---
import HeaderLink from '../../components/HeaderLink.astro';
export const year = 2024;

{/* a secret remark
over two lines */}

## Example

<HeaderLink href="#" onclick="alert('clicked!')">
	Embedded component in MDX
</HeaderLink>

\`\`\`jsx
import React from 'react';
<Shown />
\`\`\`
`,
  "src/content/blog/draft.md": "---\ntitle: Draft\npubDate: 2022-08-03\ndraft: true\n---\nNo\n",
  "src/content/blog/later.md": "---\ntitle: Embargoed\npubDatetime: 2099-01-01T10:00:00Z\n---\nNo\n",
  "src/content/blog/_private.md": "---\ntitle: Private\npubDate: 2022-08-04\n---\nNo\n",
  "src/content/authors/ann.md": "---\ntitle: Ann alone\n---\nNo page shows me\n",
  "src/env.d.ts": "x",
};

export const ASTRO_HIDDEN = ["My notes", "Draft", "Embargoed", "Private", "Ann alone", "secret remark"];

export const VAULT: Blog = {
  ".obsidian/app.json": '{ "userIgnoreFilters": ["Diary/"] }',
  ".obsidian/templates.json": '{ "folder": "Templates" }',
  ".obsidian/workspace.json": "{}",
  "Welcome.md":
    "# Welcome\n[[Ideas/One idea|the first]] [[One idea#A Part, really|part]] ![[photo one.png|300x200]] [[Missing]]\n",
  "Ideas/One idea.md":
    "---\ntags:\n  - '#thinking'\naliases: [First idea]\n---\nSome ==marked== words. ^anchor\n\n%% a secret remark %%\n\n%%\n```\nmore secret remark\n```\n%%\n\n`==code== %%shown%%`\n\n> [!tip]- Folded\n> Inside\n\n![[Welcome]] ![[No picture.png]]\n\n## A Part, really\n\n| a | b |\n|---|---|\n| [[Welcome\\|back]] | c |\n",
  "attachments/photo one.png": PICTURE,
  "Templates/Daily.md": "# {{title}} template\n",
  "Diary/today.md": "# Dear diary\n",
  "Board.canvas": "{}",
  "Unfinished.md": "Shown\n\n%% a secret remark that does not end\n",
  "Hidden.md": "---\npublish: false\n---\n# Unpublished\n",
};

export const VAULT_HIDDEN = ["secret remark", "template", "Dear diary", "Unpublished"];

const ghost = (title: string, slug: string, rest: string, body = "Text"): string =>
  `---\ntitle: "${title}"\nslug: ${slug}\ndate_published: 2023-05-06T07:08:09.000Z\ndate_updated: 2023-05-07T07:08:09.000Z\n${rest}---\n\n${body}\n`;

export const GHOST: Blog = {
  "coming-soon.md": ghost(
    "Coming soon",
    "coming-soon",
    "tags: [News, '#internal']\n",
    "![](__GHOST_URL__/content/images/a.png) [about](__GHOST_URL__/about/)",
  ),
  "about.md": ghost("About", "about", "type: page\nfeature_image: __GHOST_URL__/content/images/a.png\n"),
  "draft.md": ghost("Draft", "draft-post", "status: draft\n"),
  "members.md": ghost("For members", "members", "visibility: members\n"),
  "later.md": ghost("Scheduled", "later", "status: scheduled\n"),
  "content/images/a.png": PICTURE,
};

export const GHOST_HIDDEN = ["Draft", "For members", "Scheduled", "#internal", "__GHOST_URL__"];
