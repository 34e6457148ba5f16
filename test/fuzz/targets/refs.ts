import { decodePktLength, encodePkt, MAX_PKT, PKT_HEAD } from "../../../appliance/git/pkt-line.ts";
import { encodeRequest, PackReader, readAdvertisement } from "../../../appliance/git/upload-pack.ts";
import { finish } from "../../appliance/git/pack-builder.ts";
import { ascii, check, inPieces, latin1, Script, same, type Target } from "../target.ts";

const A = "a".repeat(40);
const B = "b".repeat(40);
const pkts = (...lines: readonly string[]): Uint8Array =>
  ascii(lines.map((line) => (line === "" ? "0000" : encodePkt(line))).join(""));
const read = (bytes: Uint8Array, offset: number, length: number): string =>
  latin1(bytes.subarray(offset, offset + length));

/** A server's list of branches, and its answer with a pack. The first byte: which of them, and the branch wanted. */
export const refs: Target = {
  name: "refs",
  limit: 1200,
  words: [
    ...["0000", "0001", "0004", "0005", "fff0", "fff1", encodePkt("# service=git-upload-pack\n"), encodePkt("NAK\n")],
    ...[
      `${A} `,
      `${B} `,
      "refs/heads/main",
      "refs/tags/main",
      "HEAD",
      "\0",
      " symref=HEAD:refs/heads/main",
      "capabilities^{}",
    ],
    ...["object-format=sha256", "version 1", "version 2", "shallow ", "ERR ", "\x01PACK", "\x02", "\x03"],
  ],
  seeds: () => [
    Uint8Array.of(
      0,
      ...pkts(
        "# service=git-upload-pack\n",
        "",
        `${A} HEAD\0side-band-64k symref=HEAD:refs/heads/main\n`,
        `${A} refs/heads/main\n`,
        `${B} refs/tags/v1\n`,
        "",
      ),
    ),
    Uint8Array.of(
      2,
      ...pkts("# service=git-upload-pack\n", "", `${A} refs/heads/master\0ofs-delta\n`, `${B} refs/heads/other\n`, ""),
    ),
    Uint8Array.of(
      0,
      ...pkts("# service=git-upload-pack\n", "", `${"0".repeat(40)} capabilities^{}\0side-band-64k\n`, ""),
    ),
    Uint8Array.of(
      0,
      ...pkts(
        "# service=git-upload-pack\n",
        "",
        "version 1\n",
        `${A}${A.slice(16)} refs/heads/main\0object-format=sha256\n`,
        "",
      ),
    ),
    Uint8Array.of(1, ...pkts("NAK\n", "\x02Counting\n", "\x01PACKabc", "\x01def", "")),
    Uint8Array.of(1, ...pkts(`ACK ${A}\n`, "\x03went wrong\n")),
    Uint8Array.of(1, ...pkts("ERR not for you\n")),
  ],
  run: (bytes) => {
    const script = new Script(bytes);
    const kind = script.u8();
    if (kind % 2 === 0)
      advertisement(script.rest(), [undefined, "main", "v1", "aaaaaaaa", B, "refs/tags/main"][(kind >> 1) % 6]);
    else inPieces(script.rest(), answer);
    lines(bytes);
  },
};

function advertisement(bytes: Uint8Array, wanted: string | undefined): void {
  const found = finish(readAdvertisement(bytes, wanted, read));
  if (!found.ok) {
    if (found.error.kind === "unknown-branch") check(found.error.branches.length <= 20, "too many branches are told");
    return;
  }
  const { branch, commit, capabilities } = found.value;
  check(/^[0-9a-f]{40}$/.test(commit), `a commit called ${commit}`);
  if (wanted !== undefined) same(branch, wanted, "the branch that was asked for");
  const text = latin1(bytes);
  const told = [`refs/heads/${branch}`, `refs/tags/${branch}`, branch].some((ref) => text.includes(`${commit} ${ref}`));
  check(told || commit === wanted, "what the server has not told of");
  const request = encodeRequest(commit, undefined, capabilities);
  check(request.startsWith((request.indexOf("0000") + 0).toString(16).padStart(4, "0")), "a request that is damaged");
}

function answer(pieces: readonly Uint8Array[]): unknown {
  const told: string[] = [];
  const reader = new PackReader(read, (text) => told.push(text));
  for (const piece of pieces) if (!reader.push(piece)) break;
  const pack = reader.takePack().map(latin1).join("");
  same(pack.length, reader.packBytes, "the bytes of the pack");
  return { pack, told, ended: reader.ended, error: reader.error };
}

function lines(bytes: Uint8Array): void {
  for (let at = 0; at + PKT_HEAD <= bytes.length; at += PKT_HEAD) {
    const length = decodePktLength(bytes, at);
    check(length === 0 || length === -1 || (length >= PKT_HEAD && length <= MAX_PKT), `a line of ${length} bytes`);
  }
  const text = latin1(bytes);
  const line = ascii(encodePkt(text));
  same(decodePktLength(line, 0), line.length, "the length of a line of our own");
}
