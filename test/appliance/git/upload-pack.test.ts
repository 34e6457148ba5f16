import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DAMAGED, decodePktLength, encodePkt, FLUSH, MAX_PKT } from "../../../appliance/git/pkt-line.ts";
import {
  encodeRequest,
  LEAST_LINE_BYTES,
  LEAST_PIECE_BYTES,
  MAX_PROGRESS_BYTES,
  PackReader,
  readAdvertisement,
  SMALL_PIECES,
} from "../../../appliance/git/upload-pack.ts";
import { bytes, finish } from "./pack-builder.ts";

const A = "a".repeat(40);
const B = "b".repeat(40);
const latin1 = (from: Uint8Array, offset: number, length: number): string => nativeLatin1Decode(from, offset, length);
const service = `${encodePkt("# service=git-upload-pack\n")}0000`;

function advertised(lines: readonly string[], wanted?: string) {
  const text = `${service}${lines.map(encodePkt).join("")}0000`;
  return finish(readAdvertisement(bytes(text), wanted, latin1));
}
const choice = (lines: readonly string[], wanted?: string): string => {
  const result = advertised(lines, wanted);
  return result.ok ? `${result.value.branch} ${result.value.commit[0]}` : result.error.kind;
};

describe("a pkt-line", () => {
  it("has a length that holds its head, or is the flush", () => {
    expect(decodePktLength(bytes("0000"), 0)).toBe(FLUSH);
    expect(decodePktLength(bytes("x0004"), 1)).toBe(4);
    expect(decodePktLength(bytes("fFf0"), 0)).toBe(MAX_PKT);
    for (const wrong of ["0001", "0003", "fff1", "ffff", "00g0", "0x10", " 010"])
      expect(decodePktLength(bytes(wrong), 0), wrong).toBe(DAMAGED);
    expect(encodePkt("done\n")).toBe("0009done\n");
  });
});

describe("an advertisement", () => {
  it("names the branch of HEAD", () => {
    expect(
      choice([`${B} HEAD\0side-band-64k symref=HEAD:refs/heads/b\n`, `${A} refs/heads/a\n`, `${B} refs/heads/b\n`]),
    ).toBe("b b");
    // Without the symref: the branch with the same commit, "main" before others.
    expect(choice([`${B} HEAD\0x\n`, `${A} refs/heads/a\n`, `${B} refs/heads/b\n`])).toBe("b b");
    expect(choice([`${B} HEAD\0x\n`, `${B} refs/heads/b\n`, `${B} refs/heads/main\n`])).toBe("main b");
    expect(choice([`${B} HEAD\0x\n`, `${B} refs/heads/b\n`, `${A} refs/heads/main\n`])).toBe("b b");
    // Without HEAD: "main", "master", or a lone branch.
    expect(choice([`${A} refs/heads/a\0x\n`, `${B} refs/heads/master\n`])).toBe("master b");
    expect(choice([`${A} refs/heads/a\0x\n`, `${B} refs/tags/t\n`])).toBe("a a");
    expect(choice([`${A} refs/heads/a\0x\n`, `${B} refs/heads/b\n`])).toBe("unknown-branch");
  });

  it("has the branch that is asked for, or says which there are", () => {
    const lines = [`${B} HEAD\0x\n`, `${A} refs/heads/a/b\n`, `${B} refs/heads/main\n`, `${B} refs/tags/v1\n`];
    expect(choice(lines, "a/b")).toBe("a/b a");
    expect(advertised(lines, "v2")).toEqual({
      ok: false,
      error: { kind: "unknown-branch", branch: "v2", branches: ["a/b", "main"] },
    });
    expect(advertised(lines, "aaaaaaaa")).toMatchObject({ error: { kind: "unknown-branch", short: true } });
  });

  it("has the tag, the whole name of a ref, or the commit that is asked for", () => {
    const C = "c".repeat(40);
    const lines = [
      `${B} HEAD\0x\n`,
      `${B} refs/heads/main\n`,
      `${A} refs/heads/v2\n`,
      `${B} refs/merge-requests/1/head\n`,
      `${A} refs/tags/v1\n`,
      `${B} refs/tags/v2\n`,
      `${B} refs/tags/v3\n`,
      `${C} refs/tags/v3^{}\n`,
    ];
    expect(choice(lines, "v1")).toBe("v1 a");
    expect(choice(lines, "refs/tags/v1")).toBe("refs/tags/v1 a");
    // A branch comes before a tag of its name.
    expect(choice(lines, "v2")).toBe("v2 a");
    expect(choice(lines, "refs/tags/v2")).toBe("refs/tags/v2 b");
    // What an annotated tag points to.
    expect(choice(lines, "v3")).toBe("v3 c");
    expect(choice(lines, "refs/tags/v3")).toBe("refs/tags/v3 c");
    expect(choice(lines, "refs/merge-requests/1/head")).toBe("refs/merge-requests/1/head b");
    expect(choice(lines, C)).toBe(`${C} c`);
    expect(choice(lines, "refs/nothing")).toBe("unknown-branch");
  });

  it("tells what it can do", () => {
    const result = advertised([`${A} refs/heads/a\0 one two  agent=x\n`]);
    expect(result.ok && [...result.value.capabilities]).toEqual(["one", "two", "agent=x"]);
  });

  it("of an empty repository has no branch", () => {
    expect(choice([])).toBe("empty-repository");
    expect(choice([`${"0".repeat(40)} capabilities^{}\0x\n`])).toBe("empty-repository");
    expect(choice([`${A} refs/tags/t\0x\n`])).toBe("empty-repository");
  });

  it("may begin with its version, and hold shallow commits", () => {
    expect(choice(["version 1\n", `${A} refs/heads/a\0x\n`, `shallow ${B}\n`])).toBe("a a");
    expect(choice(["version 2\n", "agent=x\n"])).toBe("not-git");
  });

  it("may be the server's refusal, in its own words", () => {
    expect(finish(readAdvertisement(bytes(encodePkt("ERR no such thing\n")), undefined, latin1))).toEqual({
      ok: false,
      error: { kind: "remote-error", message: "no such thing" },
    });
    expect(choice(["ERR nothing here"])).toBe("remote-error");
  });

  it("of a repository with other names of objects is told", () => {
    const long = "c".repeat(64);
    for (const lines of [
      [`${long} HEAD\0object-format=sha256\n`],
      [`${A} HEAD\0object-format=sha256\n`, `${A} refs/heads/a\n`],
    ])
      expect(advertised(lines)).toEqual({ ok: false, error: { kind: "sha256-objects" } });
  });

  it("that is damaged or cut short anywhere is refused", () => {
    const whole = `${service}${encodePkt(`${A} HEAD\0x\n`)}${encodePkt(`${A} refs/heads/a\n`)}0000`;
    for (let end = 0; end < whole.length; end++) {
      const result = finish(readAdvertisement(bytes(whole.slice(0, end)), undefined, latin1));
      expect(result.ok, String(end)).toBe(false);
    }
    for (const wrong of ["<html>", `${encodePkt("# service=git-receive-pack\n")}0000`])
      expect(finish(readAdvertisement(bytes(wrong), undefined, latin1))).toMatchObject({ error: { kind: "not-git" } });
    expect(choice([`${A} refs/heads/a\0x\n`, "nonsense\n"])).toBe("not-git");
  });

  it("of a hundred thousand refs is read in steps", () => {
    const refs = Array.from({ length: 5000 }, (_, i) => encodePkt(`${A} refs/heads/b${i}\n`)).join("");
    const steps = readAdvertisement(bytes(`${service}${refs}0000`), "b4999", latin1);
    let count = 0;
    while (steps.next().done !== true) count++;
    expect(count).toBeGreaterThan(5);
  });
});

describe("a request", () => {
  it("wants a commit, and says what is there", () => {
    expect(encodeRequest(A, undefined, new Set(["side-band-64k"]))).toBe(
      `${encodePkt(`want ${A} side-band-64k agent=epiphyte\n`)}00000009done\n`,
    );
    expect(encodeRequest(A, B, new Set(["side-band-64k", "ofs-delta", "thin-pack"]))).toBe(
      `${encodePkt(`want ${A} side-band-64k ofs-delta agent=epiphyte\n`)}0000${encodePkt(`have ${B}\n`)}0009done\n`,
    );
  });
});

const band = (number: number, text: string): string => encodePkt(String.fromCharCode(number) + text);

/** What a reader makes of an answer that comes in pieces of this length. */
function read(answer: string, length = answer.length) {
  const progress: string[] = [];
  const reader = new PackReader(latin1, (text) => progress.push(text));
  const all = Uint8Array.from(answer, (character) => character.charCodeAt(0));
  for (let at = 0; at < all.length; at += length) reader.push(all.slice(at, at + length));
  const pack = reader
    .takePack()
    .map((piece) => latin1(piece, 0, piece.length))
    .join("");
  return { pack, progress, error: reader.error, ended: reader.ended, packBytes: reader.packBytes };
}

describe("an answer with a pack", () => {
  it("is the same however it is cut", () => {
    const answer = `0008NAK\n${band(2, "one\r")}${band(1, "PA")}${band(1, "")}${band(2, "two\n")}${band(1, "CK")}0000rest`;
    for (let length = 1; length <= answer.length; length++)
      expect(read(answer, length)).toEqual({
        pack: "PACK",
        progress: ["one\r", "two\n"],
        error: undefined,
        ended: true,
        packBytes: 4,
      });
    expect(read(`${encodePkt(`ACK ${A}\n`)}${band(1, "x")}0000`)).toMatchObject({ pack: "x", ended: true });
  });

  it("that stops has no end", () => {
    expect(read(`0008NAK\n${band(1, "PACK")}`)).toMatchObject({ pack: "PACK", ended: false, error: undefined });
  });

  it("may be the server's refusal, in its own words", () => {
    for (const answer of [`0008NAK\n${band(3, "disk full\n")}`, encodePkt("ERR disk full\n")])
      expect(read(answer).error).toEqual({ kind: "remote-error", message: "disk full\n" });
  });

  it("that is no such answer is refused", () => {
    for (const answer of ["<htm", "0008nope", "00010000", `0008NAK\n${band(4, "x")}`, "0004"])
      expect(read(answer).error, answer).toMatchObject({ kind: "not-git" });
  });

  it("may talk of its progress for so long and no longer", () => {
    const line = band(2, "x".repeat(60_000));
    const lines = Math.ceil(MAX_PROGRESS_BYTES / 60_000);
    expect(read(line.repeat(lines - 2)).error).toBeUndefined();
    expect(read(line.repeat(lines + 1)).error).toMatchObject({ kind: "not-git" });
  });

  it("is refused when it is talk of a few bytes a line without end, of whatever kind", () => {
    const few = MAX_PROGRESS_BYTES / LEAST_LINE_BYTES;
    for (const line of [band(2, "."), "0008NAK\n", band(2, "")]) {
      expect(read(line.repeat(few)).error).toBeUndefined();
      expect(read(line.repeat(few + 2)).error).toMatchObject({ kind: "not-git" });
    }
  });

  it("may come in small pieces, but not all of it in pieces of a few bytes", () => {
    const piece = (length: number): string => band(1, "x".repeat(length));
    expect(read(piece(1).repeat(SMALL_PIECES))).toMatchObject({ error: undefined, packBytes: SMALL_PIECES });
    for (const length of [0, 1, LEAST_PIECE_BYTES - 1])
      expect(read(piece(length).repeat(SMALL_PIECES + 1)).error).toMatchObject({ kind: "not-git" });
    const honest = piece(50_000).repeat(6) + piece(1).repeat(SMALL_PIECES);
    expect(read(honest, 60_000)).toMatchObject({ error: undefined, packBytes: 300_000 + SMALL_PIECES });
  });

  it("never throws, whatever comes", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), (pieces) => {
        const reader = new PackReader(latin1, () => {});
        for (const piece of pieces) reader.push(piece);
        finish(readAdvertisement(Buffer.concat(pieces), undefined, latin1));
      }),
    );
  });
});
