// What CertificateVerify signs (RFC 8446 4.4.3).

import { copyBytes } from "../base/native.ts";
import { ascii } from "./key-schedule.ts";

const PADDING = 64;
const SPACE = 0x20;

export const SERVER_CONTEXT: Uint8Array = ascii("TLS 1.3, server CertificateVerify");

/** Spaces, the context, a zero, and the hash of the messages so far. */
export function signedContent(context: Uint8Array, transcript: Uint8Array): Uint8Array {
  const content = new Uint8Array(PADDING + context.length + 1 + transcript.length);
  for (let i = 0; i < PADDING; i++) content[i] = SPACE;
  copyBytes(content, PADDING, context, 0, context.length);
  copyBytes(content, PADDING + context.length + 1, transcript, 0, transcript.length);
  return content;
}
