// Who judges a server on behalf of a client. One for each connection, since it knows whom the client meant, and when.

export abstract class Verifier {
  /** The chain as it was sent, DER, the server's own first; at least one. An alert's number, or FINE. */
  abstract judge(chain: readonly Uint8Array[]): number;
  /**
   * Whether the signature is that of the content by the key of the certificate that `judge` has found good. Only schemes
   * of TLS 1.3 that we offered are asked about. An alert (ILLEGAL_PARAMETER: not a scheme for this key; DECRYPT_ERROR: not
   * its signature), or FINE.
   */
  abstract verify(scheme: number, content: Uint8Array, signature: Uint8Array): number;
}
