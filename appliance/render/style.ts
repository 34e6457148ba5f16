// The theme: one stylesheet, no script, no foreign resource. Its name holds its hash, so it can be kept for ever.

export const STYLE = `
:root{color-scheme:light dark;--paper:#fdfdfb;--ink:#22281f;--soft:#5c6658;--line:#e0e4da;--wash:#f1f4ec;--leaf:#2c6e3f;--leaf2:#1d4f2c;--mark:#e2efd9}
@media(prefers-color-scheme:dark){:root{--paper:#141814;--ink:#dfe5da;--soft:#9aa695;--line:#2b332b;--wash:#1c221c;--leaf:#8fce9b;--leaf2:#b5e3bd;--mark:#233524}}
*{box-sizing:border-box}
html{font:100%/1.65 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",sans-serif;-webkit-text-size-adjust:100%;scroll-behavior:smooth}
@media(prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0;background:var(--paper);color:var(--ink);min-height:100vh;display:flex;flex-direction:column;overflow-wrap:break-word}
.wrap{width:100%;max-width:44rem;margin:0 auto;padding:0 1.25rem}
a{color:var(--leaf);text-decoration-thickness:.06em;text-underline-offset:.18em}
a:hover{color:var(--leaf2)}
:focus-visible{outline:2px solid var(--leaf);outline-offset:3px;border-radius:2px}
.skip{position:absolute;left:-99rem}
.skip:focus{left:1rem;top:1rem;background:var(--paper);padding:.5rem 1rem;z-index:1}
.top{border-top:4px solid var(--leaf);border-bottom:1px solid var(--line)}
.top .wrap{display:flex;flex-wrap:wrap;align-items:baseline;justify-content:space-between;gap:.25rem 1.5rem;padding-top:1.1rem;padding-bottom:1rem}
.name{margin:0;font-weight:700;font-size:1.2rem;letter-spacing:-.01em}
.name a{color:var(--ink);text-decoration:none}
.name a::before{content:"";display:inline-block;width:.72em;height:.72em;margin-right:.5em;background:var(--leaf);border-radius:0 85% 0 85%}
.top ul{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;list-style:none;margin:0;padding:0}
.top li a{color:var(--soft);text-decoration:none}
.top li a:hover,.top li a[aria-current]{color:var(--leaf)}
.top li a[aria-current]{text-decoration:underline;text-decoration-thickness:2px;text-underline-offset:.35em}
main{flex:1;padding-top:2.5rem!important;padding-bottom:4rem!important}
h1,h2,h3,h4,h5,h6{line-height:1.25;letter-spacing:-.015em;text-wrap:balance;margin:2.2em 0 .6em}
h1{font-size:clamp(1.8rem,5vw,2.4rem);margin:0 0 .5rem;line-height:1.15;letter-spacing:-.025em}
h1 small{color:var(--soft);font-weight:400}
h2{font-size:1.4rem}h3{font-size:1.15rem}h4,h5,h6{font-size:1rem}
.lead{color:var(--soft);font-size:1.1rem;margin:0 0 2rem}
.byline{color:var(--soft);font-size:.9rem;margin:0}
.byline a{color:inherit}
article>header{margin-bottom:2rem}
.prose>:first-child{margin-top:0}
.prose p,.prose ul,.prose ol,.prose blockquote,.prose pre,.prose .table,.prose figure,.prose dl{margin:0 0 1.25rem}
.prose li{margin:.25rem 0}
.prose li>ul,.prose li>ol{margin:.25rem 0}
.prose img,.prose svg,.prose video,.prose iframe{max-width:100%;height:auto;border-radius:6px}
.prose p>img:only-child{display:block;margin:2rem auto}
.prose figcaption{color:var(--soft);font-size:.9rem}
blockquote{margin:0;padding:.1rem 0 .1rem 1.2rem;border-left:3px solid var(--leaf);color:var(--soft)}
blockquote>:last-child{margin-bottom:0!important}
code,pre,kbd,samp{font-family:ui-monospace,"Cascadia Code","SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.88em}
code,kbd{background:var(--wash);padding:.12em .35em;border-radius:4px}
kbd{border:1px solid var(--line);border-bottom-width:2px}
pre{background:var(--wash);border:1px solid var(--line);border-radius:8px;padding:1rem 1.1rem;overflow-x:auto;line-height:1.5;tab-size:4}
pre code{background:none;padding:0;font-size:1em}
hr{border:0;border-top:1px solid var(--line);margin:2.5rem 0}
mark{background:var(--mark);color:inherit;padding:0 .15em}
.table{overflow-x:auto}
table{border-collapse:collapse;font-size:.94em;min-width:60%}
th,td{text-align:left;padding:.45rem .9rem .45rem 0;border-bottom:1px solid var(--line);vertical-align:top}
th{border-bottom-width:2px;white-space:nowrap}
.right{text-align:right}.center{text-align:center}
td.right{font-variant-numeric:tabular-nums}
li:has(>input[type=checkbox]){list-style:none;margin-left:-1.4em}
li>input[type=checkbox]{margin:0 .5em 0 0;accent-color:var(--leaf)}
.tags{display:flex;flex-wrap:wrap;gap:.5rem;list-style:none;margin:2.5rem 0 0;padding:0}
.tags a{display:inline-block;background:var(--wash);border:1px solid var(--line);border-radius:99px;padding:.1rem .8rem;font-size:.9rem;text-decoration:none}
.tags a:hover{border-color:var(--leaf)}
.tags span{color:var(--soft)}
.tags.all{margin-top:1.5rem}
.cards{list-style:none;margin:2rem 0 0;padding:0}
.cards li{padding:1.4rem 0;border-top:1px solid var(--line)}
.cards li:first-child{border-top:0;padding-top:0}
.cards h2{margin:0 0 .25rem;font-size:1.25rem}
.cards h2 a{text-decoration:none}
.cards h2 a:hover{text-decoration:underline}
.cards p{margin:0 0 .35rem}
.latest{margin-top:3.5rem}
.latest>h2{margin:0;font-size:.85rem;text-transform:uppercase;letter-spacing:.08em;color:var(--soft)}
.latest .cards{margin-top:1rem}
.ends{display:flex;flex-wrap:wrap;gap:1rem;margin-top:3rem;padding-top:1.5rem;border-top:1px solid var(--line)}
.ends a{flex:1 1 14rem;text-decoration:none}
.ends small{display:block;color:var(--soft)}
.ends .newer{text-align:right}
.draft{color:var(--soft);font-size:.8rem;text-transform:uppercase;letter-spacing:.08em;margin:0}
.bottom{border-top:1px solid var(--line);color:var(--soft);font-size:.85rem}
.bottom .wrap{display:flex;flex-wrap:wrap;justify-content:space-between;gap:.25rem 1.5rem;padding-top:1.1rem;padding-bottom:1.4rem}
.bottom p{margin:0}
.bottom a{color:inherit}
@media print{.top nav,.bottom,.ends,.skip{display:none}}
`.trim();

/** The leaf before the site's name, for sites without an icon of their own. */
export const ICON = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path fill="#4b9a5e" d="M1 1h9a5 5 0 0 1 5 5v9H6a5 5 0 0 1-5-5z"/></svg>',
)}`;
