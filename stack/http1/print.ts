// The beginning of an HTTP/1.1 message for people: its method or its status, and nothing more. Paths, fields and bodies may
// be secrets.

/** "HTTP: GET", "HTTP: 200"; "": this does not begin a message. */
export function printHttp(bytes: Uint8Array, offset: number, end: number): string {
  if (begins(bytes, offset, end, "HTTP/1.") && offset + 12 <= end) {
    let status = "";
    for (let at = offset + 9; at < offset + 12; at++) {
      const c = bytes[at]!;
      if (c < 0x30 || c > 0x39) return "";
      status += String.fromCharCode(c);
    }
    return `HTTP: ${status}`;
  }
  for (const method of METHODS) if (begins(bytes, offset, end, `${method} `)) return `HTTP: ${method}`;
  return "";
}

/** RFC 9110 9.1: those that have a meaning here. */
const METHODS: readonly string[] = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "CONNECT"];

function begins(bytes: Uint8Array, offset: number, end: number, text: string): boolean {
  if (offset + text.length > end) return false;
  for (let i = 0; i < text.length; i++) if (bytes[offset + i]! !== text.charCodeAt(i)) return false;
  return true;
}
