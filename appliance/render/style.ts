// The theme: one stylesheet, no foreign resource. Its name holds its hash, so it can be kept for ever. Light and dark are one
// set of colours: light-dark() goes by the property color-scheme, which the reader's system decides, or the choice at the
// foot of the page, which is three radio buttons and :has(), and needs no script; or `.config/theme`. A browser that does
// not know light-dark() shows the light ones.

import { CALLOUT_COLOURS, CODE_COLOURS, COLOURS, type Colour } from "./palettes.ts";

const HLJS: Readonly<Record<string, string>> = {
  comment: "comment,.hljs-quote,.hljs-meta",
  keyword: "keyword,.hljs-selector-tag,.hljs-section,.hljs-doctag,.hljs-deletion",
  string: "string,.hljs-regexp,.hljs-addition,.hljs-link",
  number: "number,.hljs-literal,.hljs-symbol,.hljs-bullet,.hljs-variable,.hljs-template-variable",
  title: "title,.hljs-name,.hljs-selector-id,.hljs-selector-class,.hljs-property",
  name: "attr,.hljs-attribute,.hljs-built_in,.hljs-type,.hljs-params .hljs-type",
};

function variables(colours: Readonly<Record<string, Colour>>, show: (colour: Colour) => string): string {
  return Object.entries(colours)
    .map(([name, colour]) => `--${name}:${show(colour)}`)
    .join(";");
}

const BOTH = (colour: Colour): string => `light-dark(${colour[0]},${colour[1]})`;
const LIGHT = (colour: Colour): string => colour[0];
const EVERYWHERE = { ...CODE_COLOURS, ...CALLOUT_COLOURS };
const { leaf } = COLOURS;

/** Of the page as a whole. */
const BASE = `
:root{color-scheme:light dark;${variables({ ...leaf, ...EVERYWHERE }, LIGHT)}}
@supports(color:light-dark(#fff,#000)){
:root{${variables({ ...leaf, ...EVERYWHERE }, BOTH)}}
${Object.entries(COLOURS)
  .filter(([name]) => name !== "leaf")
  .map(([name, colours]) => `:root.${name}{${variables({ ...colours }, BOTH)}}`)
  .join("\n")}
}
:root[data-theme=light],:root:has(#scheme-light:checked){color-scheme:only light}
:root[data-theme=dark],:root:has(#scheme-dark:checked){color-scheme:only dark}
*{box-sizing:border-box}
html{font:100%/1.65 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",sans-serif;-webkit-text-size-adjust:100%;text-size-adjust:100%;scroll-padding-top:1rem}
@media(prefers-reduced-motion:no-preference){html{scroll-behavior:smooth}}
body{margin:0;background:var(--paper);color:var(--ink);min-height:100vh;display:flex;flex-direction:column;overflow-wrap:break-word}
.wrap{width:100%;max-width:44rem;margin:0 auto;padding-inline:1.25rem}
a{color:var(--link);text-decoration-thickness:.06em;text-underline-offset:.18em}
a:hover{color:var(--link2);text-decoration-thickness:.12em}
:focus-visible{outline:2px solid var(--link);outline-offset:3px;border-radius:3px}
.skip{position:absolute;inset-inline-start:-99rem}
.skip:focus{inset-inline-start:1rem;top:1rem;background:var(--paper);padding:.5rem 1rem;z-index:1}
.sr{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.top{border-top:4px solid var(--link);border-bottom:1px solid var(--line)}
.top .wrap{display:flex;flex-wrap:wrap;align-items:center;gap:.3rem 1.4rem;padding-block:1rem .9rem}
.name{margin:0;margin-inline-end:auto;font-weight:700;font-size:1.2rem;letter-spacing:-.01em;line-height:1.3}
.name a{color:var(--ink);text-decoration:none}
.name a:hover{color:var(--link)}
.name a::before{content:"";display:inline-block;width:.72em;height:.72em;margin-inline-end:.5em;background:var(--link);border-radius:0 85% 0 85%}
.top ul{display:flex;flex-wrap:wrap;gap:.1rem 1.2rem;list-style:none;margin:0;padding:0}
.top li a,.top summary,.to-search{color:var(--soft);text-decoration:none;display:inline-block;padding:.2rem 0}
.top li a:hover,.top li a[aria-current],.top summary:hover,.to-search:hover{color:var(--link)}
.top li a[aria-current]{text-decoration:underline;text-decoration-thickness:2px;text-underline-offset:.35em}
.top summary{cursor:pointer}
.top details[open]{flex-basis:100%;order:9}
.top details ul{display:block;columns:11rem;column-gap:1.5rem;padding:.4rem 0 .6rem;max-height:60vh;overflow:auto}
.to-search svg{display:block;width:1.2rem;height:1.2rem;margin-block:.2rem}
main{flex:1;padding-block:2.75rem 4rem}
h1,h2,h3,h4,h5,h6{line-height:1.25;letter-spacing:-.015em;text-wrap:balance;margin:2.2em 0 .6em}
h1{font-size:clamp(1.8rem,5vw,2.5rem);margin:0 0 .5rem;line-height:1.15;letter-spacing:-.025em}
h1 small{color:var(--soft);font-weight:400}
h2{font-size:1.45rem}h3{font-size:1.17rem}h4,h5,h6{font-size:1rem}
.lead{color:var(--soft);font-size:1.1rem;margin:0 0 2rem}
.byline{color:var(--soft);font-size:.92rem;margin:0}
.byline a{color:inherit}
.byline .draft{display:inline}
`;

/** Of an article and its text. */
const ARTICLE = `
article>header{margin-bottom:2.25rem}
.prose{font-size:1.0625rem;line-height:1.7}
.prose>:first-child,.prose>.toc:first-child+*{margin-top:0}
.prose p,.prose ul,.prose ol,.prose blockquote,.prose pre,.prose .table,.prose figure,.prose dl,.prose details{margin:0 0 1.3rem}
.prose ul,.prose ol{padding-inline-start:1.6rem}
.prose li{margin:.3rem 0}
.prose li>p{margin-bottom:.6rem}
.prose li>ul,.prose li>ol{margin:.25rem 0}
.prose li::marker{color:var(--soft)}
.prose img,.prose svg,.prose video,.prose iframe{max-width:100%;height:auto;border-radius:6px}
.prose iframe{aspect-ratio:16/9;width:100%;border:0}
.prose p>img:only-child,.prose p>a:only-child>img{display:block;margin:2rem auto}
.prose figure{text-align:center;margin-block:2rem}
.prose figcaption{color:var(--soft);font-size:.92rem;margin-top:.5rem}
.anchor{margin-inline-start:.4em;color:var(--soft);text-decoration:none;font-weight:400;opacity:0}
.anchor:hover,.anchor:focus-visible,:hover>.anchor{opacity:1}
@media(hover:none){.anchor{opacity:.6}}
blockquote{margin:0;padding:.1rem 0 .1rem 1.2rem;padding-inline:1.2rem 0;border-inline-start:3px solid var(--line);color:var(--soft)}
blockquote>:last-child,.callout>:last-child,dd>:last-child{margin-bottom:0!important}
code,pre,kbd,samp{font-family:ui-monospace,"Cascadia Code","SF Mono",Menlo,Consolas,"DejaVu Sans Mono","Liberation Mono",monospace;font-size:.875em}
code,kbd{background:var(--wash);padding:.12em .35em;border-radius:4px;overflow-wrap:anywhere}
kbd{border:1px solid var(--line);border-bottom-width:2px}
pre{background:var(--wash);border:1px solid var(--line);border-radius:8px;padding:1rem 1.15rem;overflow-x:auto;line-height:1.55;tab-size:4;direction:ltr;text-align:left}
pre code{background:none;padding:0;font-size:1em;overflow-wrap:normal}
hr{border:0;border-top:1px solid var(--line);margin:2.75rem 0}
mark{background:var(--mark);color:inherit;padding:0 .15em;border-radius:2px}
.table,.tml-display{overflow-x:auto;overflow-y:hidden}
table{border-collapse:collapse;font-size:.94em;min-width:60%;line-height:1.5}
th,td{text-align:start;padding:.5rem 0;padding-inline-end:1.4rem;border-bottom:1px solid var(--line);vertical-align:top}
th{border-bottom-width:2px;white-space:nowrap}
.right{text-align:end}.center{text-align:center}
td.right{font-variant-numeric:tabular-nums}
dt{font-weight:650;margin-top:.9rem}
dd{margin:.15rem 0 0;margin-inline-start:1.4rem}
.prose li:has(>input[type=checkbox]),.prose li:has(>p>input[type=checkbox]){list-style:none;margin-inline-start:-1.5em}
.prose li input[type=checkbox]{margin:0;margin-inline-end:.5em;accent-color:var(--link)}
.callout{border-inline-start:4px solid var(--c);background:var(--wash);border-radius:6px;padding:.9rem 1.15rem;margin:0 0 1.3rem}
.callout-title{display:block;font-weight:650;color:var(--c);margin:0 0 .35rem!important}
summary.callout-title{cursor:pointer}
${Object.keys(CALLOUT_COLOURS)
  .map((name) => `.callout.${name}{--c:var(--${name})}`)
  .join("")}
.toc{font-size:.93rem;line-height:1.45;border:1px solid var(--line);border-radius:8px;padding:.65rem 1.1rem;margin:0 0 2rem}
.toc summary{font-weight:650;cursor:pointer}
.toc ol{list-style:none;padding-inline-start:0;margin:.4rem 0 .3rem}
.toc ol ol{padding-inline-start:1rem;margin:.1rem 0}
.toc li{margin:.1rem 0}
.toc a{color:var(--soft);text-decoration:none;display:inline-block;padding:.1rem 0}
.toc a:hover{color:var(--link);text-decoration:underline}
@media(min-width:80rem){.toc{position:sticky;top:1.5rem;float:inline-end;width:14.5rem;margin-inline-end:-16.75rem;max-height:calc(100vh - 3rem);overflow:auto;border-width:0;border-inline-start-width:1px;border-radius:0;padding-block:.1rem}}
.footnotes{margin-top:3rem;padding-top:1.2rem;border-top:1px solid var(--line);font-size:.93rem;color:var(--soft)}
.footnotes h2{font-size:1rem;margin:0 0 .6rem}
.footnotes p{margin-bottom:.4rem}
sup{line-height:0;font-size:.75em}
.ref{text-decoration:none;padding:0 .15em}
.ref::before{content:"["}.ref::after{content:"]"}
:target{scroll-margin-top:1rem}
.footnotes li:target{background:var(--mark);border-radius:4px}
${Object.entries(HLJS)
  .map(([name, classes]) => `.hljs-${classes}{color:var(--${name})}`)
  .join("\n")}
.hljs-emphasis{font-style:italic}.hljs-strong{font-weight:700}
`;

/** Of lists, of what stands below, of the choice of colours, of paper. */
const REST = `
.tags{display:flex;flex-wrap:wrap;gap:.5rem;list-style:none;margin:2.5rem 0 0;padding:0}
.tags a{display:inline-block;background:var(--wash);border:1px solid var(--line);border-radius:99px;padding:.15rem .85rem;font-size:.92rem;text-decoration:none}
.tags a:hover{border-color:var(--link)}
.tags span{color:var(--soft)}
.tags.all{margin-top:1.5rem}
.cards{list-style:none;margin:2rem 0 0;padding:0}
.cards li{padding:1.5rem 0;border-top:1px solid var(--line)}
.cards li:first-child{border-top:0;padding-top:0}
.cards :is(h2,h3){margin:0 0 .3rem;font-size:1.3rem}
.cards :is(h2,h3) a{text-decoration:none;color:var(--ink)}
.cards :is(h2,h3) a:hover{text-decoration:underline;color:var(--link)}
.cards p{margin:0 0 .4rem}
.cards .byline a{text-decoration:none}
.cards .byline a:hover{text-decoration:underline}
.years{list-style:none;padding:0;margin:.5rem 0 0}
.years li{display:flex;gap:1.25rem;padding:.3rem 0}
.years time{color:var(--soft);flex:0 0 9.5rem;font-variant-numeric:tabular-nums}
.years a{text-decoration:none}
.years a:hover{text-decoration:underline}
@media(max-width:34rem){.years li{display:block;padding:.5rem 0}.years time{display:block;font-size:.9rem}}
.aside{margin-top:3.5rem}
.aside>h2{margin:0;font-size:.85rem;font-weight:650;text-transform:uppercase;letter-spacing:.08em;color:var(--soft)}
.aside .cards{margin-top:1.1rem}
.aside.related{padding-top:1.5rem;border-top:1px solid var(--line)}
.related ul{list-style:none;padding:0;margin:.6rem 0 0}
.related li{margin:.35rem 0}
.related time{color:var(--soft);font-size:.9rem}
.ends{display:flex;flex-wrap:wrap;gap:1rem;margin-top:3rem;padding-top:1.5rem;border-top:1px solid var(--line)}
.ends a{flex:1 1 14rem;text-decoration:none;line-height:1.4}
.ends a:hover span{text-decoration:underline}
.ends small{display:block;color:var(--soft)}
.ends .newer{text-align:end}
.draft{color:var(--soft);font-size:.8rem;text-transform:uppercase;letter-spacing:.08em;margin:0}
.find{display:flex;gap:.6rem;margin:1.25rem 0 2rem}
.find input{flex:1;min-width:0;font:inherit;color:inherit;background:var(--paper);border:1px solid var(--soft);border-radius:8px;padding:.55rem .9rem}
.find button{font:inherit;font-weight:600;color:var(--paper);background:var(--link);border:0;border-radius:8px;padding:.55rem 1.2rem;cursor:pointer}
.find button:hover{background:var(--link2)}
.bottom{border-top:1px solid var(--line);color:var(--soft);font-size:.87rem}
.bottom .wrap{display:flex;flex-wrap:wrap;justify-content:space-between;align-items:center;gap:.5rem 1.5rem;padding-block:1.1rem 1.5rem}
.bottom p{margin:0}
.bottom a{color:inherit}
.scheme{border:1px solid var(--line);border-radius:99px;padding:2px;margin:0;display:flex}
.scheme label{position:relative;padding:.15rem .8rem;border-radius:99px;cursor:pointer}
.scheme input{position:absolute;opacity:0;inset:0;margin:0;cursor:pointer}
.scheme label:hover{color:var(--link)}
.scheme label:has(:checked){background:var(--wash);color:var(--ink);font-weight:600}
.scheme label:has(:focus-visible){outline:2px solid var(--link)}
@supports not selector(:has(*)){.scheme{display:none}}
@media(max-width:34rem){.top nav{order:2;flex-basis:100%}.wrap{padding-inline:1rem}main{padding-block:2rem 3rem}.prose{font-size:1rem}}
@media print{
:root,:root:root{color-scheme:only light}
html{font-size:10.5pt}
.top nav,.to-search,.bottom,.ends,.skip,.anchor,.related,.toc,.tags,.find,#epiphyte-problems{display:none}
.top,.wrap{border:0;max-width:none}
.prose a[href^=http]::after{content:" (" attr(href) ")";font-size:.85em;color:var(--soft);overflow-wrap:anywhere}
pre{white-space:pre-wrap}
pre,blockquote,figure,table,.callout{break-inside:avoid}
h2,h3,h4{break-after:avoid}
}
`;

export const STYLE = (BASE + ARTICLE + REST)
  .split("\n")
  .filter((line) => line !== "")
  .join("\n");

/** The leaf before the site's name, for sites without an icon of their own. */
export const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path fill="#4b9a5e" d="M1 1h9a5 5 0 0 1 5 5v9H6a5 5 0 0 1-5-5z"/></svg>\n';
