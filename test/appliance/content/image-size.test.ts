import { describe, expect, it } from "vitest";
import { isUtf8, withCharset } from "../../../appliance/content/charset.ts";
import { imageSize } from "../../../appliance/content/image-size.ts";
import { imageSizes } from "../../fuzz/targets/image-size.ts";
import { VirtualPlatform } from "../../support/virtual-platform.ts";
import { pagesOf, siteOf } from "../../support/whole-site.ts";

const platform = new VirtualPlatform();
const text = (written: string): Uint8Array => platform.utf8Encode(written);

describe("the size of a picture", () => {
  it("is in the head of each format", () => {
    expect(imageSizes.seeds().map(imageSize)).toEqual([
      { width: 256, height: 200 },
      { width: 10, height: 20 },
      // On its side, as its camera was.
      { width: 30, height: 40 },
      { width: 100, height: 50 },
      { width: 100, height: 52 },
      { width: 100, height: 50 },
      { width: 30, height: 10 },
    ]);
  });

  it("is that of an SVG's own tag, in pixels or by its shape", () => {
    const size = (written: string) => imageSize(text(written));
    expect(size('<svg width="10.4" height="20px">')).toEqual({ width: 10, height: 20 });
    expect(size("<!-- <p> --><svg\nviewBox='0,0,30,40'>")).toEqual({ width: 30, height: 40 });
    expect(size('<svg width="100%" height="100%" viewBox="0 0 5 6">')).toEqual({ width: 5, height: 6 });
    expect(size('<svg height="12" viewBox="0 0 50 60">')).toEqual({ width: 10, height: 12 });
    for (const written of [
      "<svg>",
      "<svgx width='1' height='1'>",
      "<p>",
      "",
      '<svg width="0" height="5">',
      "<svg viewBox='0 0 -1 5'>",
    ])
      expect(size(written), written).toBeUndefined();
  });

  it("is not there in what is cut off or of another kind", () => {
    for (const seed of imageSizes.seeds().slice(0, 6))
      for (let length = 0; length < Math.min(seed.length, 24); length++) imageSize(seed.subarray(0, length));
    expect(imageSize(text("a picture"))).toBeUndefined();
    expect(imageSize(new Uint8Array([0xff, 0xd8, 0xff, 0xe0, 0, 1]))).toBeUndefined();
    expect(imageSize(new Uint8Array(5000).fill(0xff))).toBeUndefined();
  });

  it("is in the page, and changes with the picture", async () => {
    const svg = (width: number): string => `<svg width="${width}" height="20"></svg>`;
    const files = (width: number) => ({
      "posts/a.md":
        "# A\n![p](p.svg) ![[p.svg]] ![far](https://x.example/p.svg) <img class=a src='p.svg'> <img src=p.svg width=3>",
      "posts/p.svg": svg(width),
    });
    const page = pagesOf(await siteOf(files(10))).get("/posts/a")!;
    expect(page.match(/<img src="\/posts\/p\.svg" alt="p?" width="10" height="20" loading="lazy">/g)?.length).toBe(2);
    expect(page).toContain('<img width="10" height="20" class=a src=\'/posts/p.svg\'>');
    expect(page).toMatch(/<img src="?\/posts\/p\.svg"? width=3>/);
    expect(page).toContain('<img src="https://x.example/p.svg" alt="far" loading="lazy">');
    expect(pagesOf(await siteOf(files(11))).get("/posts/a")).toContain('width="11"');
  });
});

describe("the charset of a text", () => {
  const decode = (bytes: Uint8Array): string => platform.utf8Decode(bytes);
  const latin = (written: string): Uint8Array => new Uint8Array([...written].map((c) => c.charCodeAt(0)));
  it("is what the file says, where it is not UTF-8", () => {
    const of = (type: string, bytes: Uint8Array) => withCharset(`${type}; charset=utf-8`, bytes, decode);
    expect(of("text/html", text("<meta charset=latin1>é"))).toBe("text/html; charset=utf-8");
    expect(of("text/html", latin("<!doctype html><meta charset='ISO-8859-1'>\xe9"))).toBe(
      "text/html; charset=iso-8859-1",
    );
    expect(of("text/html", latin("<meta http-equiv=x content='text/html; charset=Shift_JIS'>\xe9"))).toBe(
      "text/html; charset=shift_jis",
    );
    expect(of("text/css", latin('@charset "windows-1252"; a{content:"\xe9"}'))).toBe("text/css; charset=windows-1252");
    expect(of("text/plain", latin("caf\xe9"))).toBe("text/plain");
    expect(of("text/html", latin('<meta charset="utf-8">\xe9'))).toBe("text/html");
    expect(of("text/html", latin('<meta charset="x\r\ny">\xe9'))).toBe("text/html; charset=x");
    expect(of("text/plain", new Uint8Array([0xff, 0xfe, 65, 0]))).toBe("text/plain; charset=utf-16");
    expect(of("text/plain", text("a \uFFFD b"))).toBe("text/plain; charset=utf-8");
    expect(withCharset("image/png", latin("\xe9"), decode)).toBe("image/png");
  });
  it("is UTF-8 by its rules", () => {
    for (const good of ["", "a", "é", "€", "😀", "\uFFFD"]) expect(isUtf8(text(good)), good).toBe(true);
    for (const bad of [
      [0x80],
      [0xc0, 0x80],
      [0xc1, 0xbf],
      [0xe0, 0x80, 0x80],
      [0xed, 0xa0, 0x80],
      [0xf0, 0x80, 0x80, 0x80],
      [0xf4, 0x90, 0x80, 0x80],
      [0xf5, 0x80, 0x80, 0x80],
      [0xe2, 0x82],
    ])
      expect(isUtf8(new Uint8Array(bad)), String(bad)).toBe(false);
  });
});
