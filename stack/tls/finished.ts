// Finished (RFC 8446 4.4.4), of either side.

import type { Channel } from "./channel.ts";
import { FINISHED } from "./codes.ts";
import { finishedMac, type Secret } from "./key-schedule.ts";
import type { Transcript } from "./transcript.ts";
import { beginMessage, endMessage } from "./wire/server-messages.ts";

/** Writes it over the transcript, which it joins. */
export function writeFinished(channel: Channel, algorithm: number, base: Secret, transcript: Transcript): void {
  const out = channel.messages;
  const start = out.length;
  const message = beginMessage(out, FINISHED);
  out.append(finishedMac(algorithm, base, transcript.digest()));
  endMessage(out, message);
  transcript.add(out.bytes, start, out.length - start);
}
