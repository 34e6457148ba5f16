import { encode, LARGEST_MESSAGE, SyslogHeader } from "../../../stack/syslog/wire.ts";
import { ascii, check, join, latin1, Script, same, type Target } from "../target.ts";

const MESSAGE =
  /^<(\d{1,3})>1 (-|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) ([!-~]{1,255}) ([!-~]{1,48}) ([!-~]{1,128}) ([!-~]{1,32}) - \xef\xbb\xbf([^\0-\x1f\x7f]*)$/;

/** Nobody sends us these: what is written must be what RFC 5424 says, whatever the fields hold. */
export const syslog: Target = {
  name: "syslog",
  limit: 600,
  words: ["\0", "\n", "\x7f", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\x80\x80\x80"],
  seeds: () => [
    join([16, 6, 1, 0x9a, 0xbc, 0xde, 8, 0], ascii("host\0blog\0-\0access\0one line\nand another")),
    join([3, 3, 0, 0, 0, 0, 0, 64], ascii("\0\0\0\0\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80")),
    join([255, 255, 255, 255, 255, 255, 0, 10], ascii(`${"h".repeat(300)}\0`)),
  ],
  run: (bytes) => {
    const script = new Script(bytes);
    const header = new SyslogHeader();
    header.facility = script.u8();
    header.severity = script.u8();
    header.wallClock = script.u32() * 1000;
    const limit = (script.u8() * 17 + script.u8()) % 2200;
    header.hostname = latin1(script.upTo(0));
    header.appName = latin1(script.upTo(0));
    header.procId = latin1(script.upTo(0));
    header.messageId = latin1(script.upTo(0));
    const text = script.rest();
    const into = new Uint8Array(limit);
    const length = encode(into, header, text, 0, text.length);
    check(length <= limit && length <= LARGEST_MESSAGE, "longer than may be");
    if (length === 0) return;
    const written = latin1(into.subarray(0, length));
    const match = MESSAGE.exec(written);
    check(match !== null, `no message of RFC 5424: ${JSON.stringify(written)}`);
    check(Number(match[1]) < 256, "a priority that is none");
    const plain = latin1(text).replace(/[\0-\x1f\x7f]/g, " ");
    check(plain.startsWith(match[7]!), "another text");
    // What was UTF-8 still is when it is cut.
    const valid = (part: string): boolean => !new TextDecoder().decode(ascii(part)).includes("\ufffd");
    if (!valid(plain)) return;
    check(valid(match[7]!), "a character is cut in two");
    if (length + 4 <= Math.min(limit, LARGEST_MESSAGE)) same(match[7], plain, "a text that fits");
  },
};
