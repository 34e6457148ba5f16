// GeneralName (RFC 5280 4.2.1.6): the tags that say which form a name has.

import { type DerReader, SEQUENCE } from "./der.ts";

export const NAME_OTHER = 0xa0;
export const NAME_EMAIL = 0x81;
export const NAME_DNS = 0x82;
export const NAME_X400 = 0xa3;
export const NAME_DIRECTORY = 0xa4;
export const NAME_EDI_PARTY = 0xa5;
export const NAME_URI = 0x86;
export const NAME_IP = 0x87;
export const NAME_REGISTERED = 0x88;

/** Takes a name and returns its tag; the reader's content is then it, of a directory name the Name with its header. */
export function takeGeneralName(reader: DerReader): number {
  return take(reader, 1);
}

/** The same where a subtree is named (4.2.1.10): an address has its mask behind it. */
export function takeSubtreeName(reader: DerReader): number {
  return take(reader, 2);
}

function take(reader: DerReader, addresses: number): number {
  const tag = reader.peek();
  reader.skip();
  const { content, contentEnd } = reader;
  switch (tag) {
    case NAME_IP:
      if (contentEnd - content !== 4 * addresses && contentEnd - content !== 16 * addresses) reader.fail();
      return tag;
    case NAME_DIRECTORY:
      checkDirectoryName(reader, content, contentEnd);
      return tag;
    case NAME_OTHER:
    case NAME_EMAIL:
    case NAME_DNS:
    case NAME_X400:
    case NAME_EDI_PARTY:
    case NAME_URI:
    case NAME_REGISTERED:
      return tag;
    default:
      reader.fail();
      return tag;
  }
}

/** [4] is explicit, since Name is a choice (X.680 31.2.7). */
function checkDirectoryName(reader: DerReader, content: number, contentEnd: number): void {
  const { at, end } = reader;
  reader.at = content;
  reader.end = contentEnd;
  reader.next(SEQUENCE);
  if (reader.at !== contentEnd) reader.fail();
  if (reader.failed) return;
  reader.at = at;
  reader.end = end;
  reader.content = content;
  reader.contentEnd = contentEnd;
}
