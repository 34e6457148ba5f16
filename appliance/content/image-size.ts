// How large a picture is, by the first bytes of its file, so that pages leave room for it before it comes: PNG, JPEG, GIF, WebP
// and SVG. Nothing is decoded but heads, and none is looked at further than its bounds.
//
// Read: PNG (RFC 2083 4.1.1), JPEG (ITU T.81 B.1, B.2.2; Exif 2.3 4.6.2), GIF89a 18, WebP (RFC 9649 2), SVG 2 8.2.

export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/** Larger pictures are none that anybody shows. */
const MAX_SIDE = 100_000;
/** Segments of a JPEG before its frame. */
const MAX_SEGMENTS = 1000;
/** Characters in which an SVG's own tag is looked for, and its length. */
const MAX_PROLOGUE = 8192;
const MAX_TAG = 2048;

/** In pixels of CSS; undefined: it is none of these, or does not say. */
export function imageSize(bytes: Uint8Array): ImageSize | undefined {
  const size = sizeOf(bytes);
  if (size === undefined) return undefined;
  const { width, height } = size;
  return width >= 1 && height >= 1 && width <= MAX_SIDE && height <= MAX_SIDE ? size : undefined;
}

function sizeOf(bytes: Uint8Array): ImageSize | undefined {
  if (has(bytes, 0, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])) return png(bytes);
  if (has(bytes, 0, [0xff, 0xd8, 0xff])) return jpeg(bytes);
  if (hasText(bytes, 0, "GIF87a") || hasText(bytes, 0, "GIF89a"))
    return bytes.length < 10 ? undefined : { width: little16(bytes, 6), height: little16(bytes, 8) };
  if (hasText(bytes, 0, "RIFF") && hasText(bytes, 8, "WEBP")) return webp(bytes);
  return svg(bytes);
}

function png(bytes: Uint8Array): ImageSize | undefined {
  if (bytes.length < 24 || !hasText(bytes, 12, "IHDR")) return undefined;
  return { width: big32(bytes, 16), height: big32(bytes, 20) };
}

function jpeg(bytes: Uint8Array): ImageSize | undefined {
  let turned = false;
  let at = 2;
  for (let segments = 0; segments < MAX_SEGMENTS; segments++) {
    // B.1.1.2: any number of fill bytes may stand before a marker.
    if (bytes[at] !== 0xff) return undefined;
    while (bytes[at] === 0xff) at++;
    const marker = bytes[at++];
    if (marker === undefined || at + 2 > bytes.length) return undefined;
    // Markers without a segment: TEM, RSTn, SOI.
    if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) continue;
    const length = big16(bytes, at);
    if (length < 2 || at + length > bytes.length) return undefined;
    // SOF0 to SOF15, but for DHT, JPG and DAC.
    if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
      if (length < 7) return undefined;
      const [height, width] = [big16(bytes, at + 3), big16(bytes, at + 5)];
      return turned ? { width: height, height: width } : { width, height };
    }
    if (marker === 0xe1 && hasText(bytes, at + 2, "Exif\0\0")) turned = isTurned(bytes.subarray(at + 8, at + length));
    // Start of scan, end of image: there was no frame.
    if (marker === 0xda || marker === 0xd9) return undefined;
    at += length;
  }
  return undefined;
}

/** Exif 2.3 4.6.2, 4.6.4 A: the tag 0112 of the first directory; 5 to 8 lie on their side. */
function isTurned(tiff: Uint8Array): boolean {
  const little = hasText(tiff, 0, "II");
  if (tiff.length < 8 || (!little && !hasText(tiff, 0, "MM"))) return false;
  const u16 = (at: number): number => (little ? little16(tiff, at) : big16(tiff, at));
  const start = little ? little16(tiff, 4) + little16(tiff, 6) * 65536 : big32(tiff, 4);
  if (start + 2 > tiff.length) return false;
  const count = u16(start);
  for (let i = 0; i < count; i++) {
    const entry = start + 2 + 12 * i;
    if (entry + 12 > tiff.length) return false;
    if (u16(entry) === 0x0112) {
      const orientation = u16(entry + 8);
      return orientation >= 5 && orientation <= 8;
    }
  }
  return false;
}

/** RFC 9649 2.5 to 2.7. */
function webp(bytes: Uint8Array): ImageSize | undefined {
  if (bytes.length < 30) return undefined;
  if (hasText(bytes, 12, "VP8X")) return { width: little24(bytes, 24) + 1, height: little24(bytes, 27) + 1 };
  if (hasText(bytes, 12, "VP8L") && bytes[20] === 0x2f) {
    const bits = little16(bytes, 21) + little16(bytes, 23) * 65536;
    return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
  }
  if (hasText(bytes, 12, "VP8 ") && has(bytes, 23, [0x9d, 0x01, 0x2a]))
    return { width: little16(bytes, 26) & 0x3fff, height: little16(bytes, 28) & 0x3fff };
  return undefined;
}

function svg(bytes: Uint8Array): ImageSize | undefined {
  const length = Math.min(bytes.length, MAX_PROLOGUE);
  let text = "";
  for (let i = 0; i < length; i++) text += String.fromCharCode(bytes[i]!);
  const start = /^[^<]*(?:<(?:\?|!)[\s\S]*?)?<svg(?=[\s>])/i.exec(text)?.[0].length;
  if (start === undefined) return undefined;
  const tag = /^[^>]*/.exec(text.slice(start, start + MAX_TAG))![0];
  const attribute = (name: string): string | undefined =>
    new RegExp(`\\s${name}\\s*=\\s*["']([^"']*)["']`).exec(tag)?.[1];
  const width = pixels(attribute("width"));
  const height = pixels(attribute("height"));
  if (width !== undefined && height !== undefined) return { width, height };
  const box = (attribute("viewBox") ?? "")
    .trim()
    .split(/[\s,]+/)
    .map(Number);
  const [, , across = Number.NaN, down = Number.NaN] = box;
  if (!(across > 0 && down > 0)) return undefined;
  // One of the two, and the shape, give the other.
  if (width !== undefined) return { width, height: Math.round((width * down) / across) };
  if (height !== undefined) return { width: Math.round((height * across) / down), height };
  return { width: Math.round(across), height: Math.round(down) };
}

function pixels(text: string | undefined): number | undefined {
  const match = /^\s*(\d{1,6}(?:\.\d{1,6})?)(?:px)?\s*$/.exec(text ?? "");
  return match === null ? undefined : Math.round(Number(match[1]));
}

function has(bytes: Uint8Array, at: number, wanted: readonly number[]): boolean {
  return wanted.every((byte, i) => bytes[at + i] === byte);
}

function hasText(bytes: Uint8Array, at: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

// Of what lies within the bytes: whoever reads has looked.
function big16(bytes: Uint8Array, at: number): number {
  return bytes[at]! * 256 + bytes[at + 1]!;
}
function big32(bytes: Uint8Array, at: number): number {
  return big16(bytes, at) * 65536 + big16(bytes, at + 2);
}
function little16(bytes: Uint8Array, at: number): number {
  return bytes[at]! + bytes[at + 1]! * 256;
}
function little24(bytes: Uint8Array, at: number): number {
  return little16(bytes, at) + bytes[at + 2]! * 65536;
}
