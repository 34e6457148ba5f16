/// <reference path="../base/cryptography.d.ts" />
// The keys of a client's handshake: what follows from a ServerHello (RFC 8446 7.1).

import { hashOf, SHARED_SECRET_ROOM } from "./codes.ts";
import {
  CLIENT_HANDSHAKE,
  derive,
  earlySecret,
  handshakeSecret,
  SERVER_HANDSHAKE,
  type Secret,
  wipe,
} from "./key-schedule.ts";
import type { Offer, Pair } from "./offer.ts";
import type { Transcript } from "./transcript.ts";
import type { ServerHello } from "./wire/server-messages.ts";

/** What lies between ServerHello and Finished. */
export interface Keys {
  readonly suite: number;
  readonly transcript: Transcript;
  readonly handshake: Secret;
  readonly client: Secret;
  readonly server: Secret;
}

/** `psk`: the ticket's, or NO_SECRET; the transcript has the hello. Undefined: the server's share is none. */
export function agreeKeys(pair: Pair, hello: ServerHello, psk: Secret, transcript: Transcript): Keys | undefined {
  const { suite, share } = hello;
  const algorithm = hashOf(suite);
  const shared = new Uint8Array(SHARED_SECRET_ROOM);
  const length = nativeAgree(pair.group, pair.secretKey, share, 0, share.length, shared);
  if (length === 0) return undefined;
  const early = earlySecret(algorithm, psk);
  const handshake = handshakeSecret(algorithm, early, shared, length);
  wipe(early);
  wipe(shared);
  const hash = transcript.digest();
  const client = derive(algorithm, handshake, CLIENT_HANDSHAKE, hash);
  const server = derive(algorithm, handshake, SERVER_HANDSHAKE, hash);
  return { suite, transcript, handshake, client, server };
}

export function wipeKeys(keys: Keys): void {
  keys.transcript.wipe();
  wipe(keys.handshake);
  wipe(keys.client);
  wipe(keys.server);
}

/** The pair of keys that was offered in this group. */
export function pairOf(offer: Offer, group: number): Pair | undefined {
  for (const pair of offer.pairs) if (pair.group === group) return pair;
  return undefined;
}
