// Blogs as the generators' own tools make them, with ten posts each: one embargoed, one expired, one draft, with pictures
// and links between them.

export type Blog = Readonly<Record<string, string>>;

/** Not a picture that anybody would look at. */
const PICTURE = "not really a picture\n";

const TOML = "+++\n";

export const HUGO: Blog = {
  "hugo.toml": `baseURL = 'https://blog.example.net/'
languageCode = 'en-us'
title = 'A Hugo blog'
[permalinks]
  notes = '/:year/:month/:slug/'
`,
  "archetypes/default.md": '+++\ntitle = \'{{ replace .File.ContentBaseName "-" " " | title }}\'\ndraft = true\n+++\n',
  "layouts/_default/single.html": "<h1>{{ .Title }}</h1>{{ .Content }}",
  "layouts/_default/list.html": "<h1>{{ .Title }}</h1>{{ range .Pages }}<a href='{{ .Permalink }}'>x</a>{{ end }}",
  "layouts/index.html": "<h1>Home</h1>",
  "static/img/p.png": PICTURE,
  "static/.well-known/security.txt": "Contact: mailto:a@example.net\n",
  "content/_index.md":
    "+++\ntitle = 'Welcome'\n+++\nHello, ![p](/img/p.png) and [first]({{< relref \"posts/First Post.md\" >}}).\n",
  "content/about.md": "---\ntitle: About\naliases: [/me/, old-me]\n---\nWho I am. [Posts](/posts/)\n",
  "content/posts/_index.md": "---\ntitle: All posts\n---\nEverything.\n",
  "content/posts/First Post.md": `${TOML}title = 'First'\ndate = 2024-01-02T10:00:00Z\ntags = ['Go', 'Café con leche']\n+++\n![p](/img/p.png)\n\n[second]({{< ref "second.md" >}}) and [third](../third/) and [fourth](bundle/index.md)\n`,
  "content/posts/second.md":
    '---\ntitle: Second\ndate: 2024-02-03\nslug: number-two\ntags: [go]\ncategories: [News]\n---\n{{< figure src="/img/p.png" caption="A picture" >}}\n\n{{< highlight go >}}\nx := 1\n{{< /highlight >}}\n',
  "content/posts/third.md":
    '---\ntitle: Third\ndate: 2024-03-04 10:00:00 +0200\n---\n{{< youtube abc123 >}} [about](/about/) [top]({{< ref "/about" >}})\n',
  "content/posts/bundle/index.md":
    "---\ntitle: Bundle\ndate: 2024-04-05\n---\n![photo](photo.jpg) [second](../number-two/)\n",
  "content/posts/bundle/photo.jpg": PICTURE,
  "content/posts/url.md":
    "---\ntitle: Placed\ndate: 2024-05-06\nurl: /placed/here\n---\n[first](../../posts/first-post/)\n",
  "content/posts/nested/deep.md": "---\ntitle: Deep\ndate: 2024-05-07\n---\n[up](../../third/)\n",
  "content/notes/a_Note.md": "---\ntitle: A note\ndate: 2024-06-07\nslug: Some Note\n---\nText\n",
  "content/posts/embargoed.md": `${TOML}title = 'Embargoed'\ndate = 2024-06-07\npublishDate = 2099-01-01\n+++\nLater\n`,
  "content/posts/expired.md": "---\ntitle: Expired\ndate: 2024-06-08\nexpiryDate: 2024-06-09\n---\nGone\n",
  "content/posts/draft.md": "---\ntitle: Draft\ndate: 2024-06-10\ndraft: true\n---\nNot yet\n",
  "content/secret/_index.md": "---\ntitle: Secrets\ncascade:\n  draft: true\n---\n",
  "content/secret/plan.md": "---\ntitle: Plan\ndate: 2024-06-11\n---\nHush\n",
};

export const HUGO_HIDDEN = ["Embargoed", "Expired", "Draft", "Plan"];

const JEKYLL_LAYOUT = "<h1>{{ page.title }}</h1>{{ content }}";

export const JEKYLL: Blog = {
  "_config.yml": `title: A Jekyll blog
description: >-
  Words
  about it
baseurl: "/sub"
url: "https://blog.example.net"
defaults:
  - scope: { path: "", type: posts }
    values: { layout: default }
collections:
  recipes:
    output: true
  notes:
    output: false
`,
  Gemfile: 'source "https://rubygems.org"\n',
  "_layouts/default.html": JEKYLL_LAYOUT,
  "_includes/x.html": "x",
  "assets/img/p.png": PICTURE,
  "index.markdown": "---\nlayout: default\n---\nWelcome, ![p]({{ site.baseurl }}/assets/img/p.png).\n",
  "about.markdown":
    "---\nlayout: default\ntitle: About\npermalink: /about/\n---\nMe. [first]({% post_url 2024-01-02-first-post %})\n",
  "contact.md":
    '---\nlayout: default\ntitle: Contact\n---\n[about]({% link about.markdown %}) [a post]({{ "/news/open%20source/2024/03/04/third.html" | relative_url }})\n',
  "docs/guide.md": "---\nlayout: default\ntitle: Guide\n---\n[contact](../contact.html)\n",
  "_posts/2024-01-02-first-post.md":
    "---\ntitle: First\ntags: go rust\n---\n![p](/sub/assets/img/p.png) {% post_url news/2024-02-03-second %}\n\n{% highlight ruby %}\nputs 1\n{% endhighlight %}\n",
  "_posts/news/2024-02-03-second.md":
    "---\ntitle: Second\n---\n[first]({{ site.baseurl }}{% post_url 2024-01-02-first-post %})\n".replace(
      "{{ site.baseurl }}",
      "",
    ),
  "_posts/2024-03-04-third.markdown":
    "---\ntitle: Third\ncategories: [News, Open Source]\n---\n{% raw %}{{ not liquid }}{% endraw %}\n",
  "_posts/2024-04-05-Fourth-Post.md": "---\ntitle: Fourth\nslug: number-four\ncategory: misc\n---\nText\n",
  "_posts/2024-05-06-fifth.md": "---\ntitle: Fifth\npermalink: /placed/:year/:title/\n---\n[about](/about/)\n",
  "_posts/2024-06-07-sixth.md":
    "---\ntitle: Sixth\ndate: 2024-06-08 23:30:00 +0000\n---\n[seventh](/sub/garden/2024/07/08/seventh.html)\n",
  "garden/_posts/2024-07-08-seventh.md": "---\ntitle: Seventh\n---\nText\n",
  "_posts/2024-08-09-cafe-ole-9.5.md": "---\ntitle: Eighth\n---\nText\n",
  "_posts/2099-01-01-embargoed.md": "---\ntitle: Embargoed\n---\nLater\n",
  "_posts/2024-08-10-unpublished.md": "---\ntitle: Unpublished\npublished: false\n---\nNo\n",
  "_drafts/draft.md": "---\ntitle: Draft\n---\nNot yet\n",
  "_recipes/soup.md": "---\nlayout: default\ntitle: Soup\n---\nHot. [bread]({% link _recipes/bread/white.md %})\n",
  "_recipes/bread/white.md": "---\nlayout: default\ntitle: White bread\n---\n[soup](/sub/recipes/soup.html)\n",
  "_notes/private.md": "---\ntitle: Private\n---\nMine\n",
};

export const JEKYLL_HIDDEN = ["Embargoed", "Unpublished", "Draft", "Private"];

/** What the author would be told of these: nothing but this. */
export const JEKYLL_PRETTY: Blog = {
  ...JEKYLL,
  "_config.yml": `${JEKYLL["_config.yml"]!}permalink: pretty\ntimezone: UTC\n`,
  "contact.md": "---\nlayout: default\ntitle: Contact\n---\nText\n",
  "docs/guide.md": "---\nlayout: default\ntitle: Guide\n---\n[contact](../../contact/)\n",
  "_posts/2024-06-07-sixth.md": "---\ntitle: Sixth\n---\n[seventh](/sub/garden/2024/07/08/seventh/)\n",
  "_recipes/bread/white.md": "---\nlayout: default\ntitle: White bread\n---\n[soup](/sub/recipes/soup/)\n",
};
