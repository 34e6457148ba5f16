// A machine whose snapshot is resumed: where its host has given it another generation it is another machine, whose keys
// nobody else has. The same snapshot without that is the control: it goes on as it was, number by number.

import { existsSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { want } from "../../tools/setup.ts";
import { type Bed, freePort, makeBed, Vm } from "./support/bed.ts";
import { clientHello } from "./support/client-hello.ts";
import { eventually } from "./support/peers.ts";
import { Qmp } from "./support/qmp.ts";

const FIRST = "00000000-0000-4000-8000-000000000001";
const SECOND = "00000000-0000-4000-8000-000000000002";
const THIRD = "00000000-0000-4000-8000-000000000003";
/** Of a record with a ServerHello: header, type and length, version. */
const RANDOM_AT = 5 + 4 + 2;

const tools = want("qemu-system-x86_64", "git");

describe.skipIf(!tools)(`a snapshot${tools ? "" : " (skipped: needs qemu-system-x86_64 and git)"}`, () => {
  let bed: Bed;
  let snapshot: string;
  let hello: Buffer;
  let session: Buffer | undefined;
  let fingerprint: string;
  let vm: Vm | undefined;
  let secure: number;
  let qmp: Qmp;

  async function machine(generation: string, ...words: readonly string[]): Promise<Vm> {
    secure = await freePort();
    qmp = new Qmp();
    const extra = ["-device", `vmgenid,guid=${generation}`, ...qmp.words, ...words];
    const netdev = `user,id=n0,hostfwd=tcp:127.0.0.1:${secure}-:443`;
    vm = await Vm.start({ git: bed.git, parameters: "--tls --ntp=off", machine: { extra, netdev } });
    return vm;
  }

  /** A machine of this generation that goes on from the snapshot. */
  async function resumed(generation: string): Promise<Vm> {
    const copy = await machine(generation, "-incoming", `exec:cat ${snapshot}`);
    await eventually("the monitor is there", 10_000, () => existsSync(qmp.path));
    // Before that what connects is lost.
    await qmp.until("query-status", /"status": "running"/);
    return copy;
  }

  /** Shakes hands, with a ticket or without: whether it was taken, a ticket, and whose key it was. */
  function shake(ticket?: Buffer): Promise<{ reused: boolean; session: Buffer | undefined; fingerprint: string }> {
    return new Promise((resolve, reject) => {
      const known = ticket === undefined ? {} : { session: ticket };
      let given: Buffer | undefined;
      const socket = connectTls({ port: secure, host: "127.0.0.1", rejectUnauthorized: false, ...known });
      socket.on("session", (bytes) => {
        given = bytes;
      });
      socket.on("secureConnect", () => {
        const reused = socket.isSessionReused();
        const { fingerprint256 } = socket.getPeerCertificate();
        socket.end("GET / HTTP/1.0\r\n\r\n");
        socket.on("data", () => {});
        socket.on("close", () => resolve({ reused, session: given, fingerprint: fingerprint256 }));
      });
      socket.on("error", reject);
    });
  }

  /** The random bytes with which the machine answers a hello. */
  async function serverRandom(): Promise<string> {
    const socket = connect(secure, "127.0.0.1");
    let got = Buffer.alloc(0);
    socket.on("data", (bytes: Buffer) => {
      got = Buffer.concat([got, bytes]);
    });
    socket.on("error", () => {});
    socket.write(hello);
    await eventually("the machine answers", 10_000, () => got.length >= RANDOM_AT + 32);
    socket.destroy();
    expect(got[0]).toBe(22);
    return got.subarray(RANDOM_AT, RANDOM_AT + 32).toString("hex");
  }

  beforeAll(async () => {
    bed = await makeBed("generation");
    snapshot = join(bed.folder, "snapshot");
    hello = await clientHello();
    const first = await machine(FIRST);
    await first.ready();
    ({ session, fingerprint } = await shake());
    expect((await shake(session)).reused).toBe(true);
    await qmp.run("migrate", { uri: `exec:cat > ${snapshot}` });
    await qmp.until("query-migrate", /"status": "completed"/);
    await first.stop();
  }, 120_000);
  afterEach(() => vm?.stop());
  afterAll(() => bed?.close());

  test("is gone on with by the same generation as if nothing had been: twice, the random bytes are the same", async () => {
    const seen: string[] = [];
    for (let i = 0; i < 2; i++) {
      const copy = await resumed(FIRST);
      seen.push(await serverRandom());
      const again = await shake(session);
      expect([again.reused, copy.machine.console]).toEqual([true, expect.not.stringContaining("copy")]);
      await copy.stop();
    }
    expect(seen[0]).toBe(seen[1]);
  }, 120_000);

  test("is another machine by another generation: other random bytes, no old ticket, another key", async () => {
    const seen: string[] = [];
    const keys: string[] = [fingerprint];
    for (const generation of [SECOND, THIRD]) {
      const copy = await resumed(generation);
      seen.push(await serverRandom());
      await copy.machine.line(/this machine is a copy of another.*its host says so/, 20_000);
      await copy.machine.line(/HTTPS on port 443 .* Its key is sha256:/, 20_000);
      const again = await shake(session);
      expect(again.reused).toBe(false);
      keys.push(again.fingerprint);
      const next = await shake(again.session);
      expect(next.reused).toBe(true);
      expect(copy.machine.console).not.toContain("panic");
      await copy.stop();
    }
    expect(seen[0]).not.toBe(seen[1]);
    expect(new Set(keys).size).toBe(3);
  }, 120_000);
});
