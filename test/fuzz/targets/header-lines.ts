import { parseHeaders } from "../../../stack/edge/headers.ts";
import {
  hasHeaderLine,
  KEEP_FOR_NOT_MODIFIED,
  KEEP_FOR_READY,
  KEEP_FOR_RESPONSE,
  keepHeaders,
} from "../../../stack/http/header-lines.ts";
import { ascii, check, latin1, same, type Target } from "../target.ts";

/** Header lines that the appliance gives: what goes out has lines of its own only where it is to have them. */
export const headerLines: Target = {
  name: "header-lines",
  limit: 300,
  words: [
    "Date: x\r\n",
    "Content-Type: a/b\r\n",
    'ETag: "a"\r\n',
    "X: y\r\n",
    "Connection: close\r\n",
    "\r\n",
    "\r",
    "\n",
    ":",
    "\0",
    "\t",
    "Set-Cookie: a=b\r\n",
    "Content-Range: x\r\n",
  ],
  seeds: () =>
    [
      'Content-Type: text/html\r\nETag: "a"\r\n',
      "X: a\r\n\r\nHTTP/1.1 200 OK\r\n",
      "X: a\nY: b\r\n: z\r\nDate: now\r\nLink: c",
      "content-range: bytes 0-1/2\r\n",
    ].map(ascii),
  run: (bytes) => {
    const text = latin1(bytes);
    let before = Number.POSITIVE_INFINITY;
    for (const keep of [KEEP_FOR_RESPONSE, KEEP_FOR_READY, KEEP_FOR_NOT_MODIFIED]) {
      const kept = keepHeaders(text, keep);
      check(
        /^(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\r\n\0]*\r\n)*$/.test(kept),
        `lines that are none: ${JSON.stringify(kept)}`,
      );
      check(
        !/^(?:date|server|connection|keep-alive|content-length|transfer-encoding|trailer|upgrade):/im.test(kept),
        "a line of the machine's own",
      );
      if (keep !== KEEP_FOR_RESPONSE)
        check(
          !/^(?:etag|last-modified|content-encoding|content-range|accept-ranges):/im.test(kept),
          "a line of the table's own",
        );
      if (keep === KEEP_FOR_NOT_MODIFIED) check(!/^content-type:/im.test(kept), "a type in a 304");
      same(keepHeaders(kept, keep), kept, "kept twice");
      check(kept.length <= before, "more is kept where less may be");
      before = kept.length;
      for (const line of kept.split("\r\n").slice(0, -1))
        check(
          hasHeaderLine(
            kept,
            line.replace(/[A-Z]/g, (c) => c.toLowerCase()),
          ),
          "a line is not found",
        );
    }
    for (const [name, value] of parseHeaders(text)) {
      check(name !== "" && !name.includes(":"), "a name with a colon");
      same(value, value.trim(), "blanks around a value");
    }
  },
};
