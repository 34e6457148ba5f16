import { parameterFile } from "../../../appliance/parameter-words.ts";
import { describeMistakes, readBootConfig } from "../../../image/boot-config.ts";
import { readToken, readUserData } from "../../../image/metadata.ts";
import { ascii, check, latin1, Script, same, type Target } from "../target.ts";

/** Two bytes of status, the media type, a NUL, the body: as user data, and as a token. */
export const metadata: Target = {
  name: "metadata",
  limit: 600,
  words: [
    ...[
      "#epiphyte\n",
      "#epiphyte\r\n",
      "#epiphyte",
      "--remote=http://a.example/b.git\n",
      "--port=81\n",
      "--ipv4=1.2.3.4/24",
    ],
    ...[
      "<!DOCTYPE html>",
      "<html>",
      "text/html",
      "text/html; charset=utf-8",
      "\0",
      "#!/bin/sh\n",
      "#cloud-config\n",
      " ",
      "\ufeff",
    ],
    [0, 200],
    [1, 0x2e],
    [1, 0x94],
  ],
  seeds: () => [
    answer(200, "text/plain", "#epiphyte\n--remote=http://a.example/b.git\n--hook-secret=a b\n"),
    answer(200, "", "#epiphyte"),
    answer(200, "text/html; charset=utf-8", "<p>Sign in"),
    answer(200, "text/plain", " \n<!doctype html><title>x</title>"),
    answer(302, "text/html", "elsewhere"),
    answer(404, "text/plain", ""),
    answer(401, "", ""),
    answer(200, "", "AQAEAAB0b2tlbg=="),
  ],
  run: (bytes) => {
    const script = new Script(bytes);
    const status = script.u16();
    const type = latin1(script.upTo(0));
    const body = latin1(script.rest());
    const token = readToken(status, body);
    check(
      token === "" || (status === 200 && token === body && !/[^\x21-\x7e]/.test(token)),
      "a token that no field may hold",
    );
    const read = readUserData(status, type, body);
    same(readUserData(status, type, body), read, "read a second time");
    const first = body.split(/[\r\n]/)[0] ?? "";
    same(
      read.ok,
      status === 200 && first.trimEnd() === "#epiphyte" && !/[^ \t]/.test(first.slice(9)),
      "whom it is for",
    );
    if (!read.ok) {
      check(read.error !== "" && !/[^\x20-\x7e]/.test(read.error), "no reason, or one that cannot be shown");
      return;
    }
    const config = readBootConfig([], [], [parameterFile(read.value, "metadata")]);
    if (config.ok || config.error.kind !== "mistakes") return;
    check(
      !/[^\x20-\x7e\n]/.test(describeMistakes(config.error.errors).replace(/[\xa0-\uffff]/g, "")),
      "a console that obeys",
    );
  },
};

function answer(status: number, type: string, body: string): Uint8Array {
  return Uint8Array.of(status >> 8, status & 255, ...ascii(type), 0, ...ascii(body));
}
