/** The value of an Authorization field by RFC 7617: user-id ":" password in UTF-8 (2.1), in base64. */
export function basicAuthorization(user: string, password: string): string {
  const utf8 = encodeURIComponent(`${user}:${password}`.toWellFormed()).replace(/%([0-9A-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return `Basic ${btoa(utf8)}`;
}
