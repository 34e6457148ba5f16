import * as fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import {
  encode,
  FACILITY_LOCAL0,
  HOSTNAME_LIMIT,
  LARGEST_MESSAGE,
  SAFE_MESSAGE,
  SEVERITY_NOTICE,
  SyslogHeader,
} from "../../../stack/syslog/wire.ts";
import { bytesOf, toHex } from "../../support/bytes.ts";

let header: SyslogHeader;
beforeEach(() => {
  header = new SyslogHeader();
  header.facility = FACILITY_LOCAL0;
  header.severity = SEVERITY_NOTICE;
  header.wallClock = 482_196_050_520;
  header.hostname = "blog.example.org";
  header.appName = "epiphyte";
  header.messageId = "access";
});

function write(text: Uint8Array, limit = LARGEST_MESSAGE): Uint8Array {
  const into = new Uint8Array(limit);
  return into.slice(0, encode(into, header, text, 0, text.length));
}

const BOM = "\xef\xbb\xbf";

describe("syslog messages", () => {
  test("a message is written as RFC 5424 shows them", () => {
    const message = String.fromCharCode(...write(bytesOf("GET / 200")));
    expect(message).toBe(`<133>1 1985-04-12T23:20:50.520Z blog.example.org epiphyte - access - ${BOM}GET / 200`);
  });

  test("what is unknown is written as a dash", () => {
    const message = new Uint8Array(100);
    const length = encode(message, new SyslogHeader(), bytesOf("x"), 0, 1);
    expect(String.fromCharCode(...message.slice(0, length))).toBe(`<30>1 - - - - - - ${BOM}x`);
  });

  test("header fields hold printable ASCII of bounded length", () => {
    header.hostname = `a b\n\u00fc${"x".repeat(300)}`;
    header.appName = "y".repeat(100);
    const fields = String.fromCharCode(...write(bytesOf(""))).split(" ");
    expect(fields[2]).toHaveLength(HOSTNAME_LIMIT);
    expect(fields[2]!.slice(0, 6)).toBe("a?b??x");
    expect(fields[3]).toHaveLength(48);
  });

  test("control characters in the text become spaces", () => {
    const message = String.fromCharCode(...write(bytesOf("a\r\n<14>1 forged\x1b[2J\x7f\0")));
    expect(message.endsWith("a  <14>1 forged [2J  ")).toBe(true);
  });

  test("a long text is cut to the buffer, and never within a character", () => {
    fc.assert(
      fc.property(fc.integer({ min: 90, max: SAFE_MESSAGE }), fc.integer({ min: 0, max: 3 }), (limit, shift) => {
        const unit = [0xe2, 0x82, 0xac];
        const text = new Uint8Array(shift + 3 * 400);
        for (let i = 0; i < text.length; i++) text[i] = i < shift ? 0x61 : unit[(i - shift) % 3]!;
        const message = write(text, limit);
        expect(message.length).toBeLessThanOrEqual(limit);
        expect(message.length).toBeGreaterThan(limit - 3);
        expect(toHex(message, message.length - 3)).toBe("e282ac");
      }),
    );
  });

  test("no message is longer than LARGEST_MESSAGE; one whose header does not fit is none", () => {
    const into = new Uint8Array(5000);
    expect(encode(into, header, new Uint8Array(5000), 0, 5000)).toBe(LARGEST_MESSAGE);
    expect(write(bytesOf("x"), 40)).toHaveLength(0);
  });

  test("the range of the text is respected", () => {
    const into = new Uint8Array(200);
    const length = encode(into, header, bytesOf("..hello.."), 2, 5);
    expect(String.fromCharCode(...into.slice(length - 6, length))).toBe("\xbfhello");
  });
});
