// TextEncoder and TextDecoder (WHATWG Encoding) over the native UTF-8.

export class TextEncoder {
  readonly encoding = "utf-8";

  encode(text = ""): Uint8Array {
    return nativeUtf8Encode(text);
  }
}

const LABELS: Readonly<Record<string, "utf-8" | "iso-8859-1">> = {
  "utf-8": "utf-8",
  utf8: "utf-8",
  "iso-8859-1": "iso-8859-1",
  latin1: "iso-8859-1",
  ascii: "iso-8859-1",
  "us-ascii": "iso-8859-1",
};

/** UTF-8 and Latin-1 (not windows-1252, which browsers mean by that label); no `stream`. */
export class TextDecoder {
  readonly encoding: string;
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;

  constructor(label = "utf-8", options: { readonly fatal?: boolean; readonly ignoreBOM?: boolean } = {}) {
    const encoding = LABELS[label.trim().toLowerCase()];
    if (encoding === undefined) throw new RangeError(`unknown encoding: ${label}`);
    this.encoding = encoding;
    this.fatal = options.fatal ?? false;
    this.ignoreBOM = options.ignoreBOM ?? false;
  }

  decode(input: ArrayBuffer | ArrayBufferView = new Uint8Array(), options?: { readonly stream?: boolean }): string {
    if (options?.stream) throw new RangeError("TextDecoder: stream is not implemented");
    const bytes = ArrayBuffer.isView(input)
      ? new Uint8Array(input.buffer, input.byteOffset, input.byteLength)
      : new Uint8Array(input);
    if (this.encoding !== "utf-8") return nativeLatin1Decode(bytes, 0, bytes.length);
    const text = nativeUtf8Decode(bytes, 0, bytes.length);
    if (this.fatal && !encodesTo(text, bytes)) throw new TypeError("TextDecoder: damaged UTF-8");
    return !this.ignoreBOM && text.startsWith("\ufeff") ? text.slice(1) : text;
  }
}

/** False when decoding had to replace something. */
function encodesTo(text: string, bytes: Uint8Array): boolean {
  if (!text.includes("\ufffd")) return true;
  const again = nativeUtf8Encode(text);
  return again.length === bytes.length && nativeEqual(again, 0, bytes, 0, bytes.length);
}
