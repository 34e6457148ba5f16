import { readProtocol } from "../../../stack/tls/client-checks.ts";
import { Messages } from "../../../stack/tls/messages.ts";
import { Extensions } from "../../../stack/tls/wire/extensions.ts";
import { Reader } from "../../../stack/tls/wire/reader.ts";
import {
  CertificateRequest,
  CertificateVerify,
  decodeCertificate,
  decodeExtensionsOnly,
  encodeCertificate,
  encodeCertificateVerify,
  NewSessionTicket,
  ServerHello,
} from "../../../stack/tls/wire/server-messages.ts";
import { Writer } from "../../../stack/tls/wire/writer.ts";
import { check, hex, inPieces, join, Script, same, type Target } from "../target.ts";

const RANDOM = "0707070707070707070707070707070707070707070707070707070707070707";

/** What a server says, as it comes in records; each kind of message as its client reads it, and then as we write it. */
export const tlsMessages: Target = {
  name: "tls-messages",
  limit: 600,
  words: [
    [2, 0, 0],
    [8, 0, 0],
    [11, 0, 0],
    [13, 0, 0],
    [15, 0, 0],
    [4, 0, 0],
    [0, 43, 0, 2, 3, 4],
    [0, 51, 0, 4, 0, 29, 0, 0],
    [0, 44, 0, 3, 0, 1, 9],
    [0, 16, 0, 5, 0, 3, 2, 104, 50],
  ],
  seeds: () => [
    hex(`02000056 0303 ${RANDOM} 00 1301 00 002e 002b00020304 00330024001d0020 ${RANDOM}`),
    hex(`02000028 0303 cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c 00 1301 00 0000`),
    hex("08000009 0007 0010 0003 0001 61"),
    hex("0b00000e 00 00000a 000003 010203 0000 0000 00"),
    hex("0b00000c 00 000008 000003 010203 0000"),
    hex("0d00000b 00 0008 000d 0004 0002 0403"),
    hex("0f000008 0403 0004 01020304"),
    hex("04000015 00000e10 00000001 01 09 0003 010203 0000"),
    hex("04000019 00000e10 00000001 01 09 0003 010203 0008 002a 0004 00001000"),
  ],
  run: (bytes) => {
    inPieces(bytes, (pieces) => {
      const messages = new Messages();
      const seen: unknown[] = [];
      for (const piece of pieces) {
        messages.add(piece, 0, piece.length);
        while (messages.ready) {
          seen.push(decoded(messages));
          messages.drop();
        }
      }
      return [seen, messages.pending];
    });
    const script = new Script(bytes);
    const list = script.take(script.u8());
    readProtocol(new Reader(list, 0, list.length));
  },
};

function decoded(message: Messages): unknown {
  const original = message.bytes.slice(message.offset, message.offset + message.length);
  const out = new Writer(16);
  const written = (): Uint8Array => out.bytes.slice(0, out.length);
  switch (message.type) {
    case 2: {
      const hello = new ServerHello();
      const alert = hello.decode(message, new Extensions(message.bytes));
      if (alert !== 0) return alert;
      check(hello.random.length === 32 && hello.sessionId.length <= 32, "a random or a session of another length");
      hello.encode(out);
      const again = new ServerHello();
      const copy = messageOf(written());
      if (hello.version === 0x0304 && (hello.retry || hello.group === 0 || hello.share.length > 0)) {
        same(again.decode(copy, new Extensions(copy.bytes)), 0, "a ServerHello of our own");
        same(again, hello, "a ServerHello written again");
      }
      return { ...hello };
    }
    case 4: {
      const ticket = new NewSessionTicket();
      const alert = ticket.decode(message);
      if (alert !== 0) return alert;
      ticket.encode(out);
      const again = new NewSessionTicket();
      same(again.decode(messageOf(written())), 0, "a ticket of our own");
      same(again, ticket, "a ticket written again");
      return { ...ticket };
    }
    case 8: {
      const list = new Extensions(message.bytes);
      const alert = decodeExtensionsOnly(message, list);
      return alert === 0 ? [...list.types] : alert;
    }
    case 11: {
      const chain: Uint8Array[] = [];
      const alert = decodeCertificate(message, chain);
      if (alert !== 0) return alert;
      check(chain.length >= 1 && chain.every((certificate) => certificate.length > 0), "an empty certificate");
      encodeCertificate(out, chain);
      if (chain.length < 32) same(written(), original, "a chain written again");
      return chain;
    }
    case 13: {
      const request = new CertificateRequest();
      const alert = request.decode(message);
      return alert === 0 ? { ...request } : alert;
    }
    case 15: {
      const verify = new CertificateVerify();
      const alert = verify.decode(message);
      if (alert !== 0) return alert;
      encodeCertificateVerify(out, verify.scheme, verify.signature, verify.signature.length);
      same(written(), original, "a signature written again");
      return { ...verify };
    }
    default:
      return message.length;
  }
}

function messageOf(bytes: Uint8Array): Messages {
  const message = new Messages();
  message.add(join(bytes), 0, bytes.length);
  return message;
}
