// The charset of a text file, from the file: as a mark or its own words say, else UTF-8 when it is that.
//
// Read: WHATWG HTML 13.2.3.2 (prescan), CSS Syntax 3.2, Encoding 6.1 (byte order marks).

const UTF8 = "; charset=utf-8";
/** Bytes in which a file says what it is. */
const PRESCAN = 1024;
/** Bytes that are looked at for what is no UTF-8. */
const LOOKED_AT = 262_144;
const LABEL = /^[A-Za-z0-9][A-Za-z0-9_:.-]{0,39}$/;

/** The media type with the charset that the bytes have; without one where nobody can know it. */
export function withCharset(type: string, bytes: Uint8Array, decode: (bytes: Uint8Array) => string): string {
  if (!type.endsWith(UTF8)) return type;
  const bare = type.slice(0, -UTF8.length);
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return type;
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff))
    return `${bare}; charset=utf-16`;
  // As a rule it is, which the decoder tells quickly; of what has U+FFFD in it a closer look tells.
  if (!decode(bytes.subarray(0, LOOKED_AT)).includes("\uFFFD") || isUtf8(bytes)) return type;
  const said = declared(bare, bytes);
  return said === undefined ? bare : `${bare}; charset=${said}`;
}

/** `<meta charset>`, `@charset`: what a file that is not UTF-8 says of itself. */
function declared(bare: string, bytes: Uint8Array): string | undefined {
  let text = "";
  for (let i = 0; i < Math.min(bytes.length, PRESCAN); i++) text += String.fromCharCode(bytes[i]!);
  const label =
    bare === "text/html"
      ? /<meta\s[^>]*?charset\s*=\s*["']?\s*([^\s"'/>;]+)/i.exec(text)?.[1]
      : bare === "text/css"
        ? /^@charset "([^"]*)";/.exec(text)?.[1]
        : undefined;
  return label !== undefined && LABEL.test(label) && !/^utf-?(?:8|16|32)/i.test(label)
    ? label.toLowerCase()
    : undefined;
}

/** RFC 3629 4, of the beginning: a sequence that is cut off there is not held against it. */
export function isUtf8(bytes: Uint8Array): boolean {
  const length = Math.min(bytes.length, LOOKED_AT);
  for (let i = 0; i < length; ) {
    const first = bytes[i]!;
    if (first < 0x80) {
      i++;
      continue;
    }
    const more =
      first >= 0xc2 && first <= 0xdf ? 1 : first >= 0xe0 && first <= 0xef ? 2 : first >= 0xf0 && first <= 0xf4 ? 3 : 0;
    if (more === 0) return false;
    for (let k = 1; k <= more; k++) {
      if (i + k >= length) return length < bytes.length;
      const next = bytes[i + k]!;
      const least = k === 1 && first === 0xe0 ? 0xa0 : k === 1 && first === 0xf0 ? 0x90 : 0x80;
      const most = k === 1 && first === 0xed ? 0x9f : k === 1 && first === 0xf4 ? 0x8f : 0xbf;
      if (next < least || next > most) return false;
    }
    i += more + 1;
  }
  return true;
}
