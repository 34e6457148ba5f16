// A certificate authority of our own, by the real openssl.

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A local authority and what it signs, by openssl. */
export class Authority {
  readonly file: string;
  readonly #folder: string;
  #serial = 1;

  constructor(folder: string) {
    this.#folder = folder;
    this.file = join(folder, "ca.pem");
    this.#openssl(
      "req",
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:P-256",
      "-nodes",
      "-days",
      "30",
      "-subj",
      "/CN=A local authority",
      "-keyout",
      join(folder, "ca.key"),
      "-out",
      this.file,
      "-addext",
      "keyUsage=critical,keyCertSign,cRLSign",
    ); // prettier-ignore
  }

  /** A key by these words of `openssl genpkey`, and its certificate for these names: one text of PEM. */
  sign(
    names: readonly string[],
    algorithm: readonly string[] = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
  ): string {
    const base = join(this.#folder, `leaf-${this.#serial++}`);
    this.#openssl("genpkey", ...algorithm, "-out", `${base}.key`);
    this.#openssl("req", "-new", "-key", `${base}.key`, "-subj", `/CN=${names[0]}`, "-out", `${base}.csr`);
    const alternatives = names.map((name) => (/^[\d.]+$/.test(name) ? `IP:${name}` : `DNS:${name}`)).join(",");
    writeFileSync(`${base}.ext`, `subjectAltName=${alternatives}\nextendedKeyUsage=serverAuth\n`);
    this.#openssl(
      "x509",
      "-req",
      "-in",
      `${base}.csr`,
      "-CA",
      this.file,
      "-CAkey",
      join(this.#folder, "ca.key"),
      "-CAcreateserial",
      "-days",
      "30",
      "-extfile",
      `${base}.ext`,
      "-out",
      `${base}.crt`,
    ); // prettier-ignore
    return readFileSync(`${base}.key`, "utf8") + readFileSync(`${base}.crt`, "utf8");
  }

  #openssl(...words: readonly string[]): void {
    execFileSync("openssl", words, { stdio: ["ignore", "ignore", "pipe"], timeout: 20_000 });
  }
}
