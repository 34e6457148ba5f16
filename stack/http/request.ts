// A request as the rest of HTTP sees it, whatever version brought it: numbers, and offsets in the bytes that were decoded.

// Methods of RFC 9110 9.3 and RFC 5789; any other token is METHOD_UNKNOWN.
export const METHOD_UNKNOWN = 0;
export const METHOD_GET = 1;
export const METHOD_HEAD = 2;
export const METHOD_POST = 3;
export const METHOD_PUT = 4;
export const METHOD_DELETE = 5;
export const METHOD_OPTIONS = 6;
export const METHOD_PATCH = 7;
export const METHOD_TRACE = 8;
export const METHOD_CONNECT = 9;

// Bits of RequestHead.fields and .repeated.
export const FIELD_HOST = 1;
export const FIELD_CONTENT_LENGTH = 2;
export const FIELD_TRANSFER_ENCODING = 4;
export const FIELD_IF_NONE_MATCH = 8;
export const FIELD_IF_MODIFIED_SINCE = 16;
export const FIELD_IF_MATCH = 32;
export const FIELD_IF_UNMODIFIED_SINCE = 64;
export const FIELD_RANGE = 128;
export const FIELD_IF_RANGE = 256;
export const FIELD_ACCEPT_ENCODING = 512;
export const FIELD_USER_AGENT = 1024;
export const FIELD_REFERER = 2048;

/** Every `Start` and `End` is an offset in the bytes that were decoded. */
export class Request {
  method = METHOD_UNKNOWN;
  methodStart = 0;
  methodEnd = 0;
  targetStart = 0;
  /** 0: the target is not known. */
  targetEnd = 0;
  /** Path without query. Empty for the absolute form without a path, which means "/" (RFC 9112 3.2.1), and for "*". */
  pathStart = 0;
  pathEnd = 0;
  /** pathHash of the path's bytes. */
  pathHash = 0;
  /** True for "*" (RFC 9112 3.2.4). */
  asterisk = false;
  /** Which of the known fields are there, and which more than once; a field's offsets mean something only then. */
  fields = 0;
  repeated = 0;
  ifNoneMatchStart = 0;
  ifNoneMatchEnd = 0;
  ifModifiedSinceStart = 0;
  ifModifiedSinceEnd = 0;
  ifMatchStart = 0;
  ifMatchEnd = 0;
  ifUnmodifiedSinceStart = 0;
  ifUnmodifiedSinceEnd = 0;
  rangeStart = 0;
  rangeEnd = 0;
  ifRangeStart = 0;
  ifRangeEnd = 0;
  acceptEncodingStart = 0;
  acceptEncodingEnd = 0;
  userAgentStart = 0;
  userAgentEnd = 0;
  refererStart = 0;
  refererEnd = 0;
}
