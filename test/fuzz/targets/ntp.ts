import { decodeAnswer, encodeQuestion, HEADER_LENGTH, NTP_OTHER_QUESTION, NtpAnswer } from "../../../stack/ntp/wire.ts";
import { anywhere, check, hex, join, same, type Target } from "../target.ts";

const NONCE = [0x12345678, 0x9abcdef0] as const;
const ZEROS = new Uint8Array(8);
const TIMES = hex("123456789abcdef0 eb000000 80000000 eb000000 80000001");

export const ntp: Target = {
  name: "ntp",
  limit: 80,
  words: [[0x24, 1], [0x1c, 2], [0xe4, 1], [0x24, 0], [...TIMES.subarray(0, 8)], [0, 0, 0xff, 0xff], [0, 1, 0, 0]],
  seeds: () => [
    join(hex("24020600 00000100 00000100 47505300"), ZEROS, TIMES),
    join(hex("24000600 00000100 00000100 52415445"), ZEROS, TIMES),
    join(hex("e4020600 00000100 00000100 47505300"), ZEROS, TIMES),
    join(hex("1c0f0600 00010000 00000100 47505300"), ZEROS, TIMES, ZEROS),
  ],
  run: (bytes) => {
    const found = anywhere(bytes, (array, offset, length) => {
      const answer = new NtpAnswer();
      const error = decodeAnswer(array, offset, length, NONCE[0], NONCE[1], answer);
      return error === 0 ? { ...answer } : error;
    });
    const other = decodeAnswer(bytes, 0, bytes.length, NONCE[0] ^ 1, NONCE[1], new NtpAnswer());
    const question = new Uint8Array(HEADER_LENGTH);
    encodeQuestion(question, NONCE[0], NONCE[1]);
    check(
      decodeAnswer(question, 0, HEADER_LENGTH, NONCE[0], NONCE[1], new NtpAnswer()) !== 0,
      "a question is an answer",
    );
    if (typeof found === "number") return;
    same(other, NTP_OTHER_QUESTION, "an answer to another question");
    check(found.stratum >= 1 && found.stratum <= 15, "a stratum that is none");
    check(found.sentMs >= found.receivedMs, "answered before it was asked");
    // RFC 4330 3: from 1968 to 2104.
    check(found.receivedMs > -2 * 366 * 86_400_000 && found.sentMs < 135 * 366 * 86_400_000, "a time of another era");
  },
};
