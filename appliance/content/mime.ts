// Media types by extension: what a blog is made of. A file whose extension is not here is served as bytes.

const TEXT = "; charset=utf-8";

const TYPES: Readonly<Record<string, string>> = {
  html: `text/html${TEXT}`,
  htm: `text/html${TEXT}`,
  xhtml: "application/xhtml+xml",
  css: `text/css${TEXT}`,
  js: `text/javascript${TEXT}`,
  mjs: `text/javascript${TEXT}`,
  json: "application/json",
  map: "application/json",
  geojson: "application/geo+json",
  webmanifest: "application/manifest+json",
  wasm: "application/wasm",
  txt: `text/plain${TEXT}`,
  text: `text/plain${TEXT}`,
  log: `text/plain${TEXT}`,
  asc: `text/plain${TEXT}`,
  csv: `text/csv${TEXT}`,
  tsv: `text/tab-separated-values${TEXT}`,
  ics: `text/calendar${TEXT}`,
  vcf: `text/vcard${TEXT}`,
  vtt: `text/vtt${TEXT}`,
  c: `text/plain${TEXT}`,
  h: `text/plain${TEXT}`,
  ml: `text/plain${TEXT}`,
  mli: `text/plain${TEXT}`,
  py: `text/plain${TEXT}`,
  rs: `text/plain${TEXT}`,
  ts: `text/plain${TEXT}`,
  sh: `text/plain${TEXT}`,
  diff: `text/plain${TEXT}`,
  patch: `text/plain${TEXT}`,
  toml: `text/plain${TEXT}`,
  yaml: `text/plain${TEXT}`,
  yml: `text/plain${TEXT}`,
  bib: `text/plain${TEXT}`,
  tex: `text/plain${TEXT}`,
  xml: "application/xml",
  xsl: "application/xslt+xml",
  rss: "application/rss+xml",
  atom: "application/atom+xml",
  svg: "image/svg+xml",
  png: "image/png",
  apng: "image/apng",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  webp: "image/webp",
  avif: "image/avif",
  jxl: "image/jxl",
  bmp: "image/bmp",
  ico: "image/x-icon",
  tif: "image/tiff",
  tiff: "image/tiff",
  woff: "font/woff",
  woff2: "font/woff2",
  ttf: "font/ttf",
  otf: "font/otf",
  mp3: "audio/mpeg",
  m4a: "audio/mp4",
  ogg: "audio/ogg",
  oga: "audio/ogg",
  opus: "audio/ogg",
  flac: "audio/flac",
  wav: "audio/wav",
  mp4: "video/mp4",
  m4v: "video/mp4",
  webm: "video/webm",
  ogv: "video/ogg",
  mov: "video/quicktime",
  pdf: "application/pdf",
  ps: "application/postscript",
  epub: "application/epub+zip",
  zip: "application/zip",
  gz: "application/gzip",
  tgz: "application/gzip",
  bz2: "application/x-bzip2",
  xz: "application/x-xz",
  zst: "application/zstd",
  tar: "application/x-tar",
  "7z": "application/x-7z-compressed",
  pgp: "application/pgp-encrypted",
  sig: "application/pgp-signature",
};

const BYTES = "application/octet-stream";

/** The media type for an extension in lower case without its dot. */
export function mediaType(extension: string): string {
  return Object.hasOwn(TYPES, extension) ? TYPES[extension]! : BYTES;
}

export function isKnownExtension(extension: string): boolean {
  return Object.hasOwn(TYPES, extension);
}

/** Worth a gzip representation: text, and what is text inside. */
export function isCompressible(type: string): boolean {
  return /^(text\/|image\/(svg|bmp|x-icon)|font\/(ttf|otf)|application\/([a-z+-]*(xml|json)|wasm|javascript|postscript))/.test(
    type,
  );
}
