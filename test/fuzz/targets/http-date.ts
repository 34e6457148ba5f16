import { formatImfDate, LAST_SECOND, parseImfDate } from "../../../stack/base/time.ts";
import { dateAt } from "../../../stack/http/conditional.ts";
import { anywhere, ascii, check, latin1, Script, same, type Target } from "../target.ts";

const NOW = 1_780_000_000;

/** An HTTP-date in any of its three forms; and a moment that is written as one. */
export const httpDate: Target = {
  name: "http-date",
  limit: 60,
  words: ["Sun, ", "Sunday, ", "Wed ", " GMT", "Nov", "Feb", "29", "30", "1994", "00", "24", "60", "-", ":", "  6"],
  seeds: () =>
    [
      "Sun, 06 Nov 1994 08:49:37 GMT",
      "Sunday, 06-Nov-94 08:49:37 GMT",
      "Sun Nov  6 08:49:37 1994",
      "Thu, 29 Feb 2024 23:59:60 GMT",
      "Wed, 29 Feb 2023 00:00:00 GMT",
      "Saturday, 29-Feb-20 00:00:00 GMT",
      "Thu, 01 Jan 1970 00:00:00 GMT",
    ].map(ascii),
  run: (bytes) => {
    const text = latin1(bytes);
    const found = anywhere(bytes, (array, offset, length) => dateAt(array, offset, offset + length, NOW));
    check(found >= -1 && found <= LAST_SECOND && Number.isInteger(found), `${text} is second ${found}`);
    if (found >= 0) {
      // JavaScript reads all three forms. Of two digits of a year it makes another century; a second 60 it does not know.
      const theirs = Date.parse(
        text.replace(/(?<=[A-Za-z]+, \d\d-[A-Za-z]{3}-)(\d\d)/, yearNear).replace(/:60( |$)/, ":59$1"),
      );
      const utc = / GMT$/.test(text) ? theirs : Date.parse(`${text.replace(/:60 /, ":59 ")} GMT`);
      const seconds = utc / 1000 + (/:60( |$)/.test(text) ? 1 : 0);
      check(seconds === found || Math.abs(seconds - found) <= 1, `${text} is ${found}, not ${seconds}`);
    }
    const moment = new Script(bytes).u32() * 59;
    const date = formatImfDate(Math.min(moment, LAST_SECOND));
    same(parseImfDate(date, NOW), Math.min(moment, LAST_SECOND), `${date} read again`);
  },
};

/** RFC 9110 5.6.7, seen from 2026. */
function yearNear(two: string): string {
  const year = 2000 + Number(two);
  return String(year > 2026 + 50 ? year - 100 : year <= 2026 - 50 ? year + 100 : year);
}
