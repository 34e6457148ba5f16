// The authorities of the web: Mozilla's, as the pinned Node brings them (tls.rootCertificates), made into the table of
// stack/x509/trust.ts. The build packs it into the image; on Node it is made anew.

import { rootCertificates } from "node:tls";
import { deflateSync } from "node:zlib";
import { Certificate } from "../stack/x509/certificate.ts";
import { decodeCertificate } from "../stack/x509/decode.ts";
import { decodePem } from "../stack/x509/pem.ts";
import { anchorTable } from "../stack/x509/trust.ts";
import "./native-node.ts";

/** The Node that is pinned, and the day of its release: as of when the list is. Both change together. */
export const LIST = { node: "v24.21.0", date: "2026-09-10" } as const;

export function trustAnchors(): Uint8Array {
  if (process.version !== LIST.node)
    throw new Error(
      `image/trust-anchors-node.ts says as of when the list of Node ${LIST.node} is, not of ${process.version}`,
    );
  const certificates = rootCertificates.map((pem) => {
    const decoded = decodePem(pem);
    const certificate = new Certificate();
    if (!decoded.ok || decodeCertificate(decoded.value[0]!.bytes, 0, decoded.value[0]!.bytes.length, certificate) !== 0)
      throw new Error(`an authority of Node cannot be read:\n${pem}`);
    return certificate;
  });
  return anchorTable(certificates, Date.parse(LIST.date) / 1000);
}

/** As a string of bytes for image/trust-anchors.ts: a zlib stream. */
export function packedTrustAnchors(): string {
  return deflateSync(trustAnchors(), { level: 9 }).toString("latin1");
}
