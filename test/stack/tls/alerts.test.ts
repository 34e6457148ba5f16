// Which alert a peer gets for what it has got wrong, and what it may say that others would take for wrong.

import { describe, expect, test } from "vitest";
import {
  DECODE_ERROR,
  DECRYPT_ERROR,
  FINE,
  HANDSHAKE_FAILURE,
  ILLEGAL_PARAMETER,
  UNEXPECTED_MESSAGE,
} from "../../../stack/tls/alerts.ts";
import {
  ALERT,
  APPLICATION_DATA,
  EARLY_DATA,
  ECDSA_P256,
  FINISHED,
  HANDSHAKE,
  KEY_SHARE,
  NEW_SESSION_TICKET,
  P256,
  SERVER_CERTIFICATE_TYPE,
  SIGNATURE_ALGORITHMS,
  SUPPORTED_GROUPS,
  SUPPORTED_VERSIONS,
  TICKET_FLAGS,
} from "../../../stack/tls/codes.ts";
import { MOST_CLIENT_HELLO, MOST_SKIPPED } from "../../../stack/tls/limits.ts";
import { Both, carry, clientTerms, serverTerms, testCredential } from "../../support/tls.ts";
import { Hello, inRecords } from "../../support/tls-hello.ts";

const NAME = "blog.example.org";
const CREDENTIALS = [testCredential([NAME], ECDSA_P256)];

function both(): Both {
  return new Both(clientTerms(NAME, 1), serverTerms(CREDENTIALS, 2));
}

function hello(): Hello {
  return new Hello(clientTerms(NAME, 1));
}

/** The server's alert; FINE: it has answered. */
function answer(message: Uint8Array): number {
  const { serverEnd } = both();
  serverEnd.receive(inRecords(message), 0);
  return serverEnd.alert;
}

/** 16-bit numbers behind the length of their list. */
function list(prefix: number, values: readonly number[]): number[] {
  const bytes: number[] = [];
  const length = values.length * 2;
  if (prefix === 2) bytes.push(length >> 8);
  bytes.push(length & 255);
  for (let i = 0; i < values.length; i++) bytes.push(values[i]! >> 8, values[i]! & 255);
  return bytes;
}

/** Numbers from `from` on. */
function range(from: number, count: number): number[] {
  const values: number[] = [];
  for (let i = 0; i < count; i++) values.push(from + i);
  return values;
}

function shares(groups: readonly number[], length: number): number[] {
  const entries: number[] = [];
  for (let i = 0; i < groups.length; i++) {
    entries.push(groups[i]! >> 8, groups[i]! & 255, length >> 8, length & 255);
    for (let k = 0; k < length; k++) entries.push(0xab);
  }
  return [entries.length >> 8, entries.length & 255, ...entries];
}

function record(type: number, content: readonly number[]): Uint8Array {
  return new Uint8Array([type, 3, 3, content.length >> 8, content.length & 255, ...content]);
}

describe("a ClientHello", () => {
  test("early data that nobody allowed is skipped, with a ticket offered or without, and up to its bound", () => {
    for (const length of [0, 4, MOST_SKIPPED]) {
      const { serverEnd } = both();
      serverEnd.receive(inRecords(hello().set(EARLY_DATA, []).encode()), 0);
      serverEnd.receive(record(APPLICATION_DATA, new Array<number>(length).fill(9)), 0);
      expect(serverEnd.alert).toBe(FINE);
      expect(serverEnd.over).toBe(false);
    }
    const { serverEnd } = both();
    serverEnd.receive(inRecords(hello().set(EARLY_DATA, []).encode()), 0);
    serverEnd.receive(record(APPLICATION_DATA, new Array<number>(MOST_SKIPPED).fill(9)), 0);
    serverEnd.receive(record(APPLICATION_DATA, [9]), 0);
    expect(serverEnd.over).toBe(true);
  });

  test("records of early data that are empty come to an end as well", () => {
    const { serverEnd } = both();
    serverEnd.receive(inRecords(hello().set(EARLY_DATA, []).encode()), 0);
    for (let i = 0; i < MOST_SKIPPED; i++) serverEnd.receive(record(APPLICATION_DATA, []), 0);
    expect(serverEnd.over).toBe(false);
    serverEnd.receive(record(APPLICATION_DATA, []), 0);
    expect(serverEnd.over).toBe(true);
  });

  test("hundreds of unknown groups, each with its share, are skipped; twice the same, or one that is not listed, is not", () => {
    const unknown = range(261, 246);
    const many = hello()
      .set(SUPPORTED_GROUPS, list(2, [...unknown, P256]))
      .set(KEY_SHARE, shares(unknown, 64));
    expect(answer(many.encode())).toBe(FINE);
    expect(answer(many.set(KEY_SHARE, shares([...unknown, 261], 64)).encode())).toBe(ILLEGAL_PARAMETER);
    expect(answer(many.set(KEY_SHARE, shares([600], 64)).encode())).toBe(ILLEGAL_PARAMETER);
    // What one hello was marked with is not there for the next.
    expect(answer(many.set(KEY_SHARE, shares(unknown, 64)).encode())).toBe(FINE);
  });

  test("an empty share is an illegal one", () => {
    const empty = hello()
      .set(SUPPORTED_GROUPS, list(2, [P256]))
      .set(KEY_SHARE, shares([P256], 0));
    expect(answer(empty.encode())).toBe(ILLEGAL_PARAMETER);
  });

  test("obsolete groups are for who speaks something older as well", () => {
    const old = hello()
      .set(SUPPORTED_GROUPS, list(2, [P256, 21]))
      .set(KEY_SHARE, [0, 0]);
    expect(answer(old.set(SUPPORTED_VERSIONS, list(1, [0x0304, 0x0303])).encode())).toBe(FINE);
    expect(answer(old.set(SUPPORTED_VERSIONS, list(1, [0x0304])).encode())).toBe(ILLEGAL_PARAMETER);
    for (const group of [0xff01, 26, 1])
      expect(answer(old.set(SUPPORTED_GROUPS, list(2, [P256, group])).encode())).toBe(ILLEGAL_PARAMETER);
    expect(answer(old.set(SUPPORTED_GROUPS, list(2, [P256, 29, 30, 0xff03])).encode())).toBe(FINE);
  });

  test("the longest that there can be is read, in any cut", () => {
    const schemes = range(0x7000, 30_000);
    schemes.push(ECDSA_P256);
    const long = hello().set(SIGNATURE_ALGORITHMS, list(2, schemes));
    for (let i = 0; i < 32_000; i++) long.head.splice(35 + long.head[34]! + 2, 0, 0x5a, 0x5a);
    const suites = 35 + long.head[34]!;
    const length = long.head[suites]! * 256 + long.head[suites + 1]! + 64_000;
    long.head[suites] = length >> 8;
    long.head[suites + 1] = length & 255;
    const message = long.encode();
    expect(message.length).toBeGreaterThan(120_000);
    expect(message.length).toBeLessThan(MOST_CLIENT_HELLO);
    expect(answer(message)).toBe(FINE);
    const { serverEnd } = both();
    carry(inRecords(message), serverEnd, 0, 1000);
    expect(serverEnd.alert).toBe(FINE);
  });

  test("extensions that are not spoken are skipped, whatever they hold", () => {
    for (const type of [1, 5, 14, 15, 18, 19, 22, 23, 27, 35, 49, 50, 62, 5000, 65_281])
      for (const body of [[], [0], [255, 255]]) expect(answer(hello().set(type, body).encode())).toBe(FINE);
  });

  test("who takes no X.509 cannot be served", () => {
    expect(answer(hello().set(SERVER_CERTIFICATE_TYPE, [2, 2, 0]).encode())).toBe(FINE);
    expect(answer(hello().set(SERVER_CERTIFICATE_TYPE, [1, 2]).encode())).toBe(HANDSHAKE_FAILURE);
    expect(answer(hello().set(SERVER_CERTIFICATE_TYPE, [0]).encode())).toBe(DECODE_ERROR);
  });

  test("a change_cipher_spec follows our hello whether there was a session id or not", () => {
    for (const message of [hello().encode(), hello().withoutSessionId().encode()]) {
      const { serverEnd } = both();
      serverEnd.receive(inRecords(message), 0);
      const flight = serverEnd.connection.channel.take();
      const length = flight[3]! * 256 + flight[4]!;
      expect([...flight.slice(5 + length, 11 + length)]).toEqual([20, 3, 3, 0, 1, 1]);
    }
  });
});

describe("what follows a message in its record", () => {
  test("nothing may behind a ClientHello, whether it is answered by a HelloRetryRequest or not", () => {
    for (const retried of [false, true]) {
      const message = retried ? hello().set(KEY_SHARE, [0, 0]).encode() : hello().encode();
      const { serverEnd } = both();
      serverEnd.receive(inRecords(new Uint8Array([...message, 1])), 0);
      expect(serverEnd.alert).toBe(UNEXPECTED_MESSAGE);
      expect(serverEnd.connection.channel.take().length).toBe(7);
    }
  });

  test("nothing may behind a HelloRetryRequest: it is not answered", () => {
    const terms = clientTerms(NAME, 1);
    terms.shared = [];
    const ends = new Both(terms, serverTerms(CREDENTIALS, 2));
    ends.client.begin(0);
    carry(ends.clientEnd.connection.channel.take(), ends.serverEnd, 0, 0);
    const flight = ends.serverEnd.connection.channel.take();
    const length = flight[3]! * 256 + flight[4]!;
    ends.clientEnd.receive(record(HANDSHAKE, [...flight.slice(5, 5 + length), 2]), 0);
    expect(ends.clientEnd.alert).toBe(UNEXPECTED_MESSAGE);
    expect(ends.clientEnd.connection.channel.take().length).toBe(7);
  });
});

describe("once there are keys", () => {
  function complete(): Both {
    const ends = both();
    ends.run(0, 0);
    expect(ends.complete).toBe(true);
    return ends;
  }

  test("a record of another version is refused, as it cannot be an old one's", () => {
    const ends = complete();
    const sealed = ends.clientEnd.seal(new Uint8Array([1, 2, 3]));
    sealed[2] = 1;
    ends.serverEnd.receive(sealed, 0);
    expect(ends.serverEnd.alert).toBe(DECODE_ERROR);
    expect(ends.serverEnd.data).toEqual([]);
  });

  test("a fault that is told as a warning ends the connection, and its sender hears that it was malformed", () => {
    const ends = complete();
    const { writing } = ends.clientEnd.connection.channel;
    const alert = new Uint8Array(24);
    writing.seal(ALERT, new Uint8Array([1, HANDSHAKE_FAILURE]), 0, 2, alert, 0);
    ends.serverEnd.receive(alert, 0);
    expect(ends.serverEnd.broken).toBe(true);
    expect(ends.serverEnd.alert).toBe(HANDSHAKE_FAILURE);
    ends.clientEnd.receive(ends.serverEnd.connection.channel.take(), 0);
    expect(ends.clientEnd.alert).toBe(DECODE_ERROR);
  });

  /** What the client says to a message of the server. */
  function toClient(message: readonly number[]): number {
    const ends = complete();
    const { writing } = ends.serverEnd.connection.channel;
    const sealed = new Uint8Array(message.length + 22);
    writing.seal(HANDSHAKE, new Uint8Array(message), 0, message.length, sealed, 0);
    ends.clientEnd.receive(sealed, 0);
    return ends.clientEnd.alert;
  }

  test("a ticket's extensions: unknown ones are skipped, flags are as short as they can be, none comes twice", () => {
    const ticket = (extensions: readonly number[]): number[] => {
      const body = [0, 0, 1, 0, 1, 2, 3, 4, 1, 0, 0, 1, 7, 0, extensions.length, ...extensions];
      return [NEW_SESSION_TICKET, 0, 0, body.length, ...body];
    };
    expect(toClient(ticket([]))).toBe(FINE);
    expect(toClient(ticket([0x1a, 0x1a, 0, 0, 0, TICKET_FLAGS, 0, 2, 1, 1]))).toBe(FINE);
    expect(toClient(ticket([0, TICKET_FLAGS, 0, 1, 0]))).toBe(DECODE_ERROR);
    expect(toClient(ticket([0, TICKET_FLAGS, 0, 3, 1, 1, 0]))).toBe(DECODE_ERROR);
    expect(toClient(ticket([0, TICKET_FLAGS, 0, 3, 2, 1, 0]))).toBe(ILLEGAL_PARAMETER);
    expect(toClient(ticket([0x1a, 0x1a, 0, 0, 0x1a, 0x1a, 0, 0]))).toBe(ILLEGAL_PARAMETER);
  });

  test("a Finished of the wrong length cannot be read; one of the right length with the wrong content is wrong", () => {
    for (const [length, alert] of [
      [31, DECODE_ERROR],
      [33, DECODE_ERROR],
      [32, DECRYPT_ERROR],
    ] as const) {
      const ends = both();
      ends.client.begin(0);
      carry(ends.clientEnd.connection.channel.take(), ends.serverEnd, 0, 0);
      carry(ends.serverEnd.connection.channel.take(), ends.clientEnd, 0, 0);
      // The client writes by its application keys already: its Finished is taken from what it has sent and made anew.
      const sent = ends.clientEnd.connection.channel.take();
      expect(sent.length).toBe(6 + 5 + 36 + 17);
      expect(ends.server.limit(FINISHED)).toBeGreaterThan(0);
      const reading = ends.serverEnd.connection.channel.reading;
      const message = new Uint8Array(4 + length);
      message[0] = FINISHED;
      message[3] = length;
      const sealed = new Uint8Array(message.length + 22);
      reading.seal(HANDSHAKE, message, 0, message.length, sealed, 0);
      reading.sequence = 0;
      ends.serverEnd.receive(sealed, 0);
      expect(ends.serverEnd.alert).toBe(alert);
    }
  });
});

test("a client's hello has values that mean nothing in every list, the same in a second one", () => {
  const terms = clientTerms(NAME, 1);
  const isMeaningless = (high: number, low: number): boolean => high === low && (high & 15) === 10;
  const first = new Hello(terms);
  const value = first.bodies[first.types.indexOf(SUPPORTED_GROUPS)]!;
  expect(isMeaningless(value[2]!, value[3]!)).toBe(true);
  for (const type of [SIGNATURE_ALGORITHMS, KEY_SHARE]) {
    const body = first.bodies[first.types.indexOf(type)]!;
    expect([body[2], body[3]]).toEqual([value[2], value[3]]);
  }
  const versions = first.bodies[first.types.indexOf(SUPPORTED_VERSIONS)]!;
  expect(versions).toEqual([4, value[2], value[3], 3, 4]);
  expect(first.types.indexOf(value[2]! * 256 + value[3]!)).toBeGreaterThan(0);
  // Whether a second hello repeats what it must is for the server to say.
  terms.shared = [];
  const ends = new Both(terms, serverTerms(CREDENTIALS, 2));
  ends.run(0, 0);
  expect(ends.complete).toBe(true);
  expect(ends.client.retried).toBe(true);
  terms.grease = false;
  expect(new Hello(terms).bodies[0]!.length).toBe(first.bodies[0]!.length);
  expect(new Hello(terms).types.length).toBe(first.types.length - 1);
});
