import { describe, expect, it } from "vitest";
import { makeLog } from "../../appliance/log.ts";
import { sendToSyslog } from "../../appliance/syslog.ts";
import type { Port } from "../../stack/base/address.ts";
import type { Result } from "../../stack/base/result.ts";
import type { ResolveError } from "../../stack/edge/network.ts";
import { VirtualPlatform } from "../support/virtual-platform.ts";

describe("syslog", () => {
  it("waits until the collector is found, then sends the boot's lines and all after them", async () => {
    const platform = new VirtualPlatform(Date.UTC(2026, 4, 1));
    const log = makeLog("info", platform, true);
    const sent: string[] = [];
    let answer: Result<readonly string[], ResolveError> = { ok: false, error: { kind: "no-resolver" } };
    log.info("boot");
    void sendToSyslog(
      { host: "logs", port: 514 as Port },
      "blog",
      log,
      {
        resolve: async () => answer,
        sendDatagram: (address, port, bytes) => sent.push(`${address}:${port} ${platform.utf8Decode(bytes)}`) > 0,
      },
      platform,
    );
    await platform.advance(1000);
    expect(platform.output).toContain("the syslog server logs cannot be found: no name server is known");
    answer = { ok: true, value: ["10.0.0.7"] };
    await platform.advance(60_000);
    log.info("later");
    expect(sent[0]).toBe("10.0.0.7:514 <30>1 2026-05-01T00:00:00.000Z blog epiphyte - - - \uFEFFboot");
    expect(sent.at(-1)).toContain("later");
    // The collector moves.
    answer = { ok: true, value: ["10.0.0.8"] };
    await platform.advance(700_000);
    log.info("moved");
    expect(sent.at(-1)).toMatch(/^10\.0\.0\.8:514 .*moved$/);
  });
});
