// The certificates that HTTPS shows, through the seam.

import type { Certificate, Presented } from "./network.ts";
import type { Seam } from "./seam.ts";

type CertificateSeam = Pick<
  Seam,
  "canSecure" | "certificatesBegin" | "certificateAdd" | "certificateAddOwn" | "certificatesCommit"
>;

const NO_ENTROPY =
  "there is no source of entropy for keys: the processor has no RDRAND, and there is no virtio-rng (-device virtio-rng-pci)";

/** Shows these from now on; what became of each. Without entropy none is shown. */
export function presentCertificates(seam: CertificateSeam, certificates: readonly Certificate[]): readonly Presented[] {
  if (!seam.canSecure()) return certificates.map(() => refused(NO_ENTROPY));
  seam.certificatesBegin();
  const presented = certificates.map((certificate) => {
    if (certificate.kind === "given") return readReport(seam.certificateAdd(certificate.pem));
    const { seed, names, notBefore } = certificate;
    const fingerprint = seam.certificateAddOwn(seed, names.join(" "), notBefore);
    return fingerprint === "" ? refused(NO_ENTROPY) : { error: "", warnings: [], names, notAfter: 0, fingerprint };
  });
  seam.certificatesCommit();
  return presented;
}

function refused(error: string): Presented {
  return { error, warnings: [], names: [], notAfter: 0, fingerprint: "" };
}

/** Lines of Reading.report (stack/host/identity.ts). */
function readReport(text: string): Presented {
  const lines = text.split("\n").map((line) => {
    const blank = line.indexOf(" ");
    return { kind: line.slice(0, blank), value: line.slice(blank + 1) };
  });
  const all = (kind: string): string[] => lines.filter((line) => line.kind === kind).map(({ value }) => value);
  return {
    error: all("error")[0] ?? "",
    warnings: all("warning"),
    names: all("name"),
    notAfter: Number(all("until")[0] ?? 0),
    fingerprint: all("key")[0] ?? "",
  };
}
