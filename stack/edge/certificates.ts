// The certificates that HTTPS shows, and the keys that follow from a seed, through the seam.

import type { Certificate, Keys, Presented } from "./network.ts";
import type { Seam } from "./seam.ts";

type CertificateSeam = Pick<
  Seam,
  | "canSecure"
  | "certificatesBegin"
  | "certificateAdd"
  | "certificateAddOwn"
  | "certificateAddIssued"
  | "certificateAddChallenge"
  | "certificatesCommit"
>;
type KeySeam = Pick<Seam, "keyPublic" | "keySign" | "keyRequest" | "certificatesBegin" | "certificateAddIssued">;

const NO_ENTROPY =
  "there is no source of entropy for keys: the processor has no RDRAND, and there is no virtio-rng (-device virtio-rng-pci)";

/** Shows these from now on; what became of each. Without entropy none is shown. */
export function presentCertificates(seam: CertificateSeam, certificates: readonly Certificate[]): readonly Presented[] {
  if (!seam.canSecure()) return certificates.map(() => refused(NO_ENTROPY));
  seam.certificatesBegin();
  const presented = certificates.map((certificate) => add(seam, certificate));
  seam.certificatesCommit();
  return presented;
}

function add(seam: CertificateSeam, certificate: Certificate): Presented {
  switch (certificate.kind) {
    case "given":
      return readReport(seam.certificateAdd(certificate.pem));
    case "own": {
      const { seed, names, notBefore } = certificate;
      const fingerprint = seam.certificateAddOwn(seed, names.join(" "), notBefore);
      return fingerprint === "" ? refused(NO_ENTROPY) : { ...refused(""), names, fingerprint };
    }
    case "issued":
      return readReport(seam.certificateAddIssued(certificate.seed, certificate.chain));
    case "challenge": {
      const { seed, name, digest } = certificate;
      return seam.certificateAddChallenge(seed, name, digest) ? { ...refused(""), names: [name] } : refused(NO_ENTROPY);
    }
  }
}

/** Keys, of a machine that has entropy (Seam.canSecure). */
export function keysOf(seam: KeySeam): Keys {
  const orNone = (bytes: Uint8Array): Uint8Array | undefined => (bytes.length === 0 ? undefined : bytes);
  return {
    publicKey: (seed) => seam.keyPublic(seed),
    sign: (seed, message) => orNone(seam.keySign(seed, message)),
    request: (seed, names) => orNone(seam.keyRequest(seed, names.join(" "))),
    examine(seed, chain) {
      // A list that is begun and not committed changes nothing.
      seam.certificatesBegin();
      const presented = readReport(seam.certificateAddIssued(seed, chain));
      seam.certificatesBegin();
      return presented;
    },
  };
}

function refused(error: string): Presented {
  return { error, warnings: [], names: [], notBefore: 0, notAfter: 0, renewal: undefined, fingerprint: "" };
}

/** Lines of Reading.report (stack/host/identity.ts). */
function readReport(text: string): Presented {
  const lines = text.split("\n").map((line) => {
    const blank = line.indexOf(" ");
    return { kind: line.slice(0, blank), value: line.slice(blank + 1) };
  });
  const all = (kind: string): string[] => lines.filter((line) => line.kind === kind).map(({ value }) => value);
  const [issuer = "", serial = ""] = (all("renewal")[0] ?? "").split(" ");
  return {
    error: all("error")[0] ?? "",
    warnings: all("warning"),
    names: all("name"),
    notBefore: Number(all("from")[0] ?? 0),
    renewal: issuer === "" ? undefined : { issuer, serial },
    notAfter: Number(all("until")[0] ?? 0),
    fingerprint: all("key")[0] ?? "",
  };
}
