import { tagListHas } from "../../../stack/http/conditional.ts";
import { anywhere, ascii, check, latin1, same, type Target } from "../target.ts";

const TAG = '"a"';

/** A list of entity tags, read a second time by a pattern. */
export const httpTags: Target = {
  name: "http-tags",
  limit: 60,
  words: ['"a"', 'W/"a"', '"', "W/", "W", ",", " ", "\t", "*", '"b"', '""', '", "a'],
  seeds: () =>
    ['"a"', 'W/"a"', "*", '"b", "a"', '"b",W/"a" ,"c"', '"b"x, "a"', ',, "a"', "W/", '"a', '"b" "a"'].map(ascii),
  run: (bytes) => {
    const text = latin1(bytes);
    for (const weak of [false, true]) {
      const found = anywhere(bytes, (array, offset, length) =>
        tagListHas(array, offset, offset + length, ascii(TAG), weak),
      );
      same(found, has(text, weak), `${weak ? "weak" : "strong"}: ${text}`);
    }
    check(
      !tagListHas(bytes, 0, bytes.length, ascii('"never written"'), true) || text === "*" || text.includes("never"),
      "a tag that is not there",
    );
  },
};

function has(text: string, weak: boolean): boolean {
  if (text === "*") return true;
  const member = /[ \t,]*(W\/)?("[^"]*")(?=[ \t,]|$)|[ \t,]*(W\/)?("[^"]*")/y;
  for (;;) {
    const match = member.exec(text);
    if (match === null) return false;
    const [isWeak, tag] = [(match[1] ?? match[3]) !== undefined, match[2] ?? match[4]];
    if ((weak || !isWeak) && tag === TAG) return true;
    // What follows a tag without a separator spoils the rest.
    if (match[2] === undefined) return false;
  }
}
