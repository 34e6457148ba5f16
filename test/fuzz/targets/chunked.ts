import { CHUNK_DONE, CHUNK_OK, ChunkDecoder, MAX_CHUNK_OVERHEAD, MAX_TRAILERS } from "../../../stack/http1/chunked.ts";
import { ascii, check, inPieces, join, latin1, Script, same, type Target } from "../target.ts";

const LIMIT = 400;

/** A body in chunks, in whatever pieces it comes; and the same bytes as a body that is put into chunks first. */
export const chunked: Target = {
  name: "chunked",
  limit: 900,
  words: [
    "0\r\n\r\n",
    "5\r\nhello\r\n",
    "\r\n",
    "\r",
    "\n",
    ";a=b",
    ';"\xe4"',
    "ffffffffffff",
    "0000000000001",
    "A\r\n",
    "x: y\r\n",
    " ",
    "\t",
  ],
  seeds: () =>
    [
      "5\r\nhello\r\n0\r\n\r\nGET",
      "1;a=b\r\nx\r\nA \r\n0123456789\r\n0\r\nx: y\r\nz:\r\n\r\n",
      "00000000000a\r\n0123456789\r\n0\r\n\r\n",
      "1ff\r\n",
      `0;${"x".repeat(300)}\r\n\r\n`,
    ].map(ascii),
  run: (bytes) => {
    const found = inPieces(bytes, decoded);
    check(found.data.length <= LIMIT, "more data than may come");
    check(
      found.taken - found.data.length <= MAX_TRAILERS + found.data.length * MAX_CHUNK_OVERHEAD + 64,
      "too much around the data",
    );
    const script = new Script(bytes);
    const parts: (Uint8Array | number[])[] = [];
    let data = "";
    while (!script.ended && data.length < 200) {
      const piece = script.take(1 + (script.u8() % 40));
      if (piece.length === 0) break;
      const size = piece.length.toString(16).padStart(1 + (piece[0]! % 4), "0");
      parts.push(ascii(`${size}${piece[0]! % 3 === 0 ? ";e=1" : ""}\r\n`), piece, [13, 10]);
      data += latin1(piece);
    }
    const sent = join(...parts, ascii(bytes.length % 2 === 0 ? "0\r\n\r\n" : "0\r\nx: y\r\n\r\n"));
    same(inPieces(join(sent, [71]), decoded), { verdict: CHUNK_DONE, data, taken: sent.length }, "what was sent");
  },
};

function decoded(pieces: readonly Uint8Array[]): { verdict: number; data: string; taken: number } {
  const decoder = new ChunkDecoder();
  decoder.reset(LIMIT);
  let [verdict, data, taken] = [CHUNK_OK, "", 0];
  for (const piece of pieces) {
    let at = 0;
    while (at < piece.length && verdict === CHUNK_OK) {
      verdict = decoder.push(piece, at, piece.length - at);
      const { consumed, dataStart, dataLength } = decoder;
      check(consumed > 0 || verdict !== CHUNK_OK, "nothing is taken");
      check(consumed <= piece.length - at && dataStart + dataLength <= piece.length, "more is taken than there is");
      data += latin1(piece.subarray(dataStart, dataStart + dataLength));
      at += consumed;
      taken += consumed;
    }
  }
  return { verdict, data, taken };
}
