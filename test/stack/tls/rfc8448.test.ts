// The traces of RFC 8448: section 3 (a simple handshake) and what section 4 takes from it. The keys of its client are
// injected, its messages are sent, and what we write must be what it has.

import { describe, expect, test } from "vitest";
import { Channel } from "../../../stack/tls/channel.ts";
import { Client } from "../../../stack/tls/client.ts";
import { AES_128_GCM, AES_256_GCM, CHACHA20_POLY1305, P256, P384, X25519 } from "../../../stack/tls/codes.ts";
import {
  ascii,
  binderKey,
  CLIENT_TRAFFIC,
  derive,
  EXPORTER,
  earlySecret,
  finishedMac,
  handshakeSecret,
  masterSecret,
  RESUMPTION_MASTER,
  SERVER_HANDSHAKE,
  SERVER_TRAFFIC,
} from "../../../stack/tls/key-schedule.ts";
import { ClientTerms, Offer, Pair } from "../../../stack/tls/offer.ts";
import { Randomness } from "../../../stack/tls/randomness.ts";
import { NO_SESSION } from "../../../stack/tls/session.ts";
import { TrafficKeys } from "../../../stack/tls/traffic-keys.ts";
import { hashRange, Transcript } from "../../../stack/tls/transcript.ts";
import { Verifier } from "../../../stack/tls/verifier.ts";
import { ClientHello } from "../../../stack/tls/wire/client-hello.ts";
import { hex, toHex } from "../../support/bytes.ts";
import { End } from "../../support/tls.ts";

const CLIENT_HELLO =
  "010000c00303cb34ecb1e78163ba1c38c6dacb196a6dffa21a8d9912ec18a2ef6283024dece70000061301130313020100" +
  "00910000000b0009000006736572766572ff01000100000a00140012001d00170018001901000101010201030104002300" +
  "00003300260024001d002099381de560e4bd43d23d8e435a7dbafeb3c06e51c13cae4d5413691e529aaf2c002b00030203" +
  "04000d0020001e040305030603020308040805080604010501060102010402050206020202002d00020101001c00024001";
const SERVER_HELLO =
  "020000560303a6af06a4121860dc5e6e60249cd34c95930c8ac5cb1434dac155772ed3e2692800130100002e0033002400" +
  "1d0020c9828876112095fe66762bdbf7c672e156d6cc253b833df1dd69b1b04e751f0f002b00020304";
const ENCRYPTED_EXTENSIONS = "080000240022000a00140012001d00170018001901000101010201030104001c0002400100000000";
const CERTIFICATE =
  "0b0001b9000001b50001b0308201ac30820115a003020102020102300d06092a864886f70d01010b0500300e310c300a06" +
  "035504031303727361301e170d3136303733303031323335395a170d3236303733303031323335395a300e310c300a0603" +
  "550403130372736130819f300d06092a864886f70d010101050003818d0030818902818100b4bb498f8279303d98083639" +
  "9b36c6988c0c68de55e1bdb826d3901a2461eafd2de49a91d015abbc9a95137ace6c1af19eaa6af98c7ced43120998e187" +
  "a80ee0ccb0524b1b018c3e0b63264d449a6d38e22a5fda430846748030530ef0461c8ca9d9efbfae8ea6d1d03e2bd193ef" +
  "f0ab9a8002c47428a6d35a8d88d79f7f1e3f0203010001a31a301830090603551d1304023000300b0603551d0f04040302" +
  "05a0300d06092a864886f70d01010b05000381810085aad2a0e5b9276b908c65f73a7267170618a54c5f8a7b337d2df7a5" +
  "94365417f2eae8f8a58c8f8172f9319cf36b7fd6c55b80f21a03015156726096fd335e5e67f2dbf102702e608ccae6bec1" +
  "fc63a42a99be5c3eb7107c3c54e9b9eb2bd5203b1c3b84e0a8b2f759409ba3eac9d91d402dcc0cc8f8961229ac9187b42b" +
  "4de10000";
const CERTIFICATE_VERIFY =
  "0f000084080400805a747c5d88fa9bd2e55ab085a61015b7211f824cd484145ab3ff52f1fda8477b0b7abc90db78e2d33a" +
  "5c141a078653fa6bef780c5ea248eeaaa785c4f394cab6d30bbe8d4859ee511f602957b15411ac027671459e46445c9ea5" +
  "8c181e818e95b8c3fb0bf3278409d3be152a3da5043e063dda65cdf5aea20d53dfacd42f74f3";
const FINISHED = "140000209b9b141d906337fbd2cbdce71df4deda4ab42c309572cb7fffee5454b78f0718";
const CLIENT_FINISHED = "14000020a8ec436d677634ae525ac1fcebe11a039ec17694fac6e98527b642f2edd5ce61";
/** The server's flight as it lies in its record, from the header on; its end, the tag among it, is left out here. */
const FLIGHT_RECORD =
  "17030302a2d1ff334a56f5bff6594a07cc87b580233f500f45e489e7f33af35edf7869fcf40aa40aa2b8ea73f848a7ca07" +
  "612ef9f945cb960b4068905123ea78b111b429ba9191cd05d2a389280f526134aadc7fc78c4b729df828b5ecf7b13bd9ae" +
  "fb0e57f271585b8ea9bb355c7c79020716cfb9b1183ef3ab20e37d57a6b9d7477609aee6e122a4cf51427325250c7d0e50" +
  "9289444c9b3a648f1d71035d2ed65b0e3cdd0cbae8bf2d0b227812cbb360987255cc744110c453baa4fcd610928d809810" +
  "e4b7ed1a8fd991f06aa6248204797e36a6a73b70a2559c09ead686945ba246ab66e5edd8044b4c6de3fcf2a89441ac6627" +
  "2fd8fb330ef8190579b3684596c960bd596eea520a56a8d650f563aad27409960dca63d3e688611ea5e22f4415cf9538d5" +
  "1a200c27034272968a264ed6540c84838d89f72c24461aad6d26f59ecaba9acbbb317b66d902f4f292a36ac1b639c637ce" +
  "343117b659622245317b49eeda0c6258f100d7d961ffb138647e92ea330faeea6dfa31c7a84dc3bd7e1b7a6c7178af3687" +
  "9018e3f252107f243d243dc7339d5684c8b0378bf30244da8c87c843f5e56eb4c5e8280a2b48052cf93b16499a66db7cca";
const CLIENT_FINISHED_RECORD =
  "170303003575ec4dc238cce60b298044a71e219c56cc77b0517fe9b93c7a4bfc44d87f38f80338ac98fc46deb384bd1cae" +
  "acab6867d726c40546";
const CLIENT_DATA_RECORD =
  "1703030043a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b9819a8a5b46b395bd54a9a20441e2b62" +
  "974e1f5a6292a2977014bd1e3deae63aeebb21694915e4";
const SESSION_TICKET =
  "040000c90000001efad6aac502000000b22c035d829359ee5ff7af4ec900000000262a6494dc486d2c8a34cb33fa90bf1b" +
  "0070ad3c498883c9367c09a2be785abc55cd226097a3a982117283f82a03a143efd3ff5dd36d64e861be7fd61d2827db27" +
  "9cce145077d454a3664d4e6da4d29ee03725a6a4dafcd0fc67d2aea70529513e3da2677fa5906c5b3f7d8f92f228bda40d" +
  "da721470f9fbf297b5aea617646fac5c03272e970727c621a79141ef5f7de6505e5bfbc388e93343694093934ae4d35700" +
  "08002a000400000400";
/** Section 4: a ClientHello with a ticket, up to its binders. */
const RESUMING_HELLO =
  "010001fc03031bc3ceb6bbe39cff938355b5a50adb6db21b7a6af649d7b4bc419d7876487d950000061301130313020100" +
  "01cd0000000b0009000006736572766572ff01000100000a00140012001d00170018001901000101010201030104003300" +
  "260024001d0020e4ffb68ac05f8d96c99da26698346c6be16482badddafe051a66b4f18d668f0b002a0000002b00030203" +
  "04000d0020001e040305030603020308040805080604010501060102010402050206020202002d00020101001c00024001" +
  "00150057000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000" +
  "000000000000000000000000000000000000000000000000000000000000000000000000000000000000002900dd00b800" +
  "b22c035d829359ee5ff7af4ec900000000262a6494dc486d2c8a34cb33fa90bf1b0070ad3c498883c9367c09a2be785abc" +
  "55cd226097a3a982117283f82a03a143efd3ff5dd36d64e861be7fd61d2827db279cce145077d454a3664d4e6da4d29ee0" +
  "3725a6a4dafcd0fc67d2aea70529513e3da2677fa5906c5b3f7d8f92f228bda40dda721470f9fbf297b5aea617646fac5c" +
  "03272e970727c621a79141ef5f7de6505e5bfbc388e93343694093934ae4d357fad6aacb";
const RESUMPTION_SECRET = "7df235f2031d2a051287d02b0241b0bfdaf86cc856231f2d5aba46c434ec196c";
const TICKET_SECRET = "4ecd0eb6ec3b4d87f5d6028f922ca4c5851a277fd41311c9e62d2c9492e1c4f3";
const BINDER = "3add4fb2d8fdf822a0ca3cf7678ef5e88dae990141c5924d57bb6fa31b9e5f9d";
const CLIENT_KEY = "49af42ba7f7994852d713ef2784bcbcaa7911de26adc5642cb634540e7ea5005";
const SHARED = "8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d";

/** Gives the bytes that it is given, then zeros. */
class Given extends Randomness {
  readonly #bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    super();
    this.#bytes = bytes;
  }
  override fill(into: Uint8Array): void {
    for (let i = 0; i < into.length; i++) into[i] = i < this.#bytes.length ? this.#bytes[i]! : 0;
  }
}

/** The trace's certificate is of 1,024 bits: no key of ours. That its content is signed is seen elsewhere. */
class Believing extends Verifier {
  override judge(_chain: readonly Uint8Array[]): number {
    return 0;
  }
  override verify(_scheme: number, _content: Uint8Array, _signature: Uint8Array): number {
    return 0;
  }
}

function secretHex(secret: Uint8Array): string {
  return toHex(secret.subarray(0, 32));
}

function transcript(...messages: readonly string[]): Transcript {
  const hash = new Transcript(0);
  for (const message of messages) {
    const bytes = hex(message);
    hash.add(bytes, 0, bytes.length);
  }
  return hash;
}

function plain(message: string): Uint8Array {
  const body = hex(message);
  const record = new Uint8Array(5 + body.length);
  record.set([22, 3, 3, body.length >>> 8, body.length & 0xff]);
  record.set(body, 5);
  return record;
}

describe("RFC 8448", () => {
  const early = earlySecret(0, new Uint8Array(0));
  const handshake = handshakeSecret(0, early, hex(SHARED), 32);
  const master = masterSecret(0, handshake);
  const hellos = transcript(CLIENT_HELLO, SERVER_HELLO).digest();
  const flight = transcript(
    CLIENT_HELLO,
    SERVER_HELLO,
    ENCRYPTED_EXTENSIONS,
    CERTIFICATE,
    CERTIFICATE_VERIFY,
    FINISHED,
  ).digest();

  test("section 3: the key schedule", () => {
    expect(secretHex(early)).toBe("33ad0a1c607ec03b09e6cd9893680ce210adf300aa1f2660e1b22e10f170f92a");
    expect(secretHex(handshake)).toBe("1dc826e93606aa6fdc0aadc12f741b01046aa6b99f691ed221a9f0ca043fbeac");
    expect(secretHex(master)).toBe("18df06843d13a08bf2a449844c5f8a478001bc4d4c627984d5a41da8d0402919");
    expect(secretHex(derive(0, handshake, ascii("c hs traffic"), hellos))).toBe(
      "b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21",
    );
    const server = derive(0, handshake, SERVER_HANDSHAKE, hellos);
    expect(secretHex(server)).toBe("b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38");
    const proved = transcript(CLIENT_HELLO, SERVER_HELLO, ENCRYPTED_EXTENSIONS, CERTIFICATE, CERTIFICATE_VERIFY);
    expect(`14000020${toHex(finishedMac(0, server, proved.digest()))}`).toBe(FINISHED);
    expect(secretHex(derive(0, master, CLIENT_TRAFFIC, flight))).toBe(
      "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5",
    );
    expect(secretHex(derive(0, master, SERVER_TRAFFIC, flight))).toBe(
      "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643",
    );
    expect(secretHex(derive(0, master, EXPORTER, flight))).toBe(
      "fe22f881176eda18eb8f44529e6792c50c9a3f89452f68d8ae311b4309d3cf50",
    );
  });

  test("section 3: the client, record by record", () => {
    const random = new Given(hex(CLIENT_KEY));
    const terms = new ClientTerms("server", new Believing(), random, []);
    terms.suites = [AES_128_GCM, CHACHA20_POLY1305, AES_256_GCM];
    terms.groups = [X25519, P256, P384];
    const channel = new Channel();
    const client = new Client(terms, channel);
    client.keepExporter = true;
    const pair = new Pair(X25519, random);
    expect(toHex(pair.share)).toBe("99381de560e4bd43d23d8e435a7dbafeb3c06e51c13cae4d5413691e529aaf2c");
    client.beginWith(new Offer(hex(CLIENT_HELLO), new Uint8Array(0), [pair], NO_SESSION));
    const end = new End(channel, client);
    expect(toHex(channel.take())).toBe(`16030100c4${CLIENT_HELLO}`);
    end.receive(plain(SERVER_HELLO), 0);
    // What the server seals is what the trace has.
    const keys = new TrafficKeys(AES_128_GCM, derive(0, handshake, SERVER_HANDSHAKE, hellos));
    const messages = hex(ENCRYPTED_EXTENSIONS + CERTIFICATE + CERTIFICATE_VERIFY + FINISHED);
    const sealed = new Uint8Array(messages.length + 22);
    expect(keys.seal(22, messages, 0, messages.length, sealed, 0)).toBe(679);
    expect(toHex(sealed).slice(0, FLIGHT_RECORD.length)).toBe(FLIGHT_RECORD);
    end.receive(sealed, 0);
    expect(end.alert).toBe(0);
    expect(client.complete).toBe(true);
    expect(toHex(channel.take())).toBe(CLIENT_FINISHED_RECORD);
    expect(secretHex(client.exporter)).toBe("fe22f881176eda18eb8f44529e6792c50c9a3f89452f68d8ae311b4309d3cf50");
    const data = new Uint8Array(50);
    for (let i = 0; i < 50; i++) data[i] = i;
    expect(toHex(end.seal(data))).toBe(CLIENT_DATA_RECORD);
    // A ticket, from which section 4 goes on.
    const application = new TrafficKeys(AES_128_GCM, derive(0, master, SERVER_TRAFFIC, flight));
    const ticket = hex(SESSION_TICKET);
    const record = new Uint8Array(ticket.length + 22);
    application.seal(22, ticket, 0, ticket.length, record, 0);
    end.receive(record, 0);
    expect(client.sessions.length).toBe(1);
    expect(secretHex(client.sessions[0]!.secret)).toBe(TICKET_SECRET);
    expect(client.sessions[0]!.ageAdd).toBe(0xfad6aac5);
    expect(client.sessions[0]!.lifetime).toBe(30_000_000);
  });

  test("section 4: the binder of a ticket, and where the hello is cut for it", () => {
    const all = transcript(
      CLIENT_HELLO,
      SERVER_HELLO,
      ENCRYPTED_EXTENSIONS,
      CERTIFICATE,
      CERTIFICATE_VERIFY,
      FINISHED,
      CLIENT_FINISHED,
    ).digest();
    expect(secretHex(derive(0, master, RESUMPTION_MASTER, all))).toBe(RESUMPTION_SECRET);
    const psk = new Uint8Array(48);
    psk.set(hex(TICKET_SECRET));
    const resumed = earlySecret(0, psk);
    expect(secretHex(resumed)).toBe("9b2188e9b2fc6d64d71dc329900e20bb41915000f678aa839cbb797cb7d8332c");
    const message = hex(`${RESUMING_HELLO}002120${BINDER}`);
    const hello = new ClientHello(message, 0, message.length);
    expect(hello.decode()).toBe(0);
    expect(hello.truncated).toBe(RESUMING_HELLO.length / 2);
    expect(hello.identities.length).toBe(1);
    const hash = hashRange(0, message, 0, hello.truncated);
    expect(toHex(hash)).toBe("63224b2e4573f2d3454ca84b9d009a04f6be9e05711a8396473aefa01e924a14");
    expect(toHex(finishedMac(0, binderKey(0, resumed), hash))).toBe(BINDER);
  });
});
