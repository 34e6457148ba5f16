import { describe, expect, it } from "vitest";
import { makeLog } from "../../appliance/log.ts";
import { LAST_WAIT, streamToSyslog } from "../../appliance/syslog-stream.ts";
import type { Port } from "../../stack/base/address.ts";
import type { Result } from "../../stack/base/result.ts";
import type { ConnectError, ConnectOptions, Flow, FlowError } from "../../stack/edge/network.ts";
import { VirtualPlatform } from "../support/virtual-platform.ts";

class Bed {
  readonly platform = new VirtualPlatform(Date.UTC(2026, 4, 1));
  readonly log = makeLog("info", this.platform, true);
  readonly put: string[] = [];
  /** When it was called, in seconds. */
  readonly calls: number[] = [];
  options: ConnectOptions | undefined;
  dropped = 0;
  room = true;
  error: ConnectError | undefined;
  attached = 0;
  #end: (result: Result<undefined, FlowError>) => void = () => {};

  constructor(transport: "tcp" | "tls" = "tcp") {
    const { platform } = this;
    void streamToSyslog(
      { transport, host: "logs", port: 6514 as Port },
      "blog",
      this.log,
      {
        connect: async (_host, _port, options) => {
          this.options = options;
          this.calls.push(platform.now() / 1e6);
          if (this.error !== undefined) return { ok: false, error: this.error };
          const value: Flow = {
            read: () =>
              new Promise((resolve) => {
                this.#end = resolve;
              }),
            write: async () => ({ ok: true, value: undefined }),
            shutdown: () => {},
            close: () => {},
          };
          return { ok: true, value };
        },
        beginLog: () => {},
        attachLog: () => {
          this.attached++;
        },
        putLog: (message) => {
          if (this.room) this.put.push(platform.utf8Decode(message));
          return this.room;
        },
        takeDroppedLog: () => {
          const { dropped } = this;
          this.dropped = 0;
          return dropped;
        },
      },
      platform,
    );
  }

  /** The collector goes. */
  end(result: Result<undefined, FlowError> = { ok: true, value: undefined }): void {
    this.#end(result);
  }
}

describe("the log over a stream", () => {
  it("queues lines from the start, those before it too, and says nothing of protocols", async () => {
    const bed = new Bed("tls");
    bed.log.info("first");
    await bed.platform.advance(1000);
    expect(bed.put.at(-1)).toBe("<30>1 2026-05-01T00:00:00.000Z blog epiphyte - - - \uFEFFfirst");
    expect(bed.options).toMatchObject({ secure: true, protocols: [] });
    expect(bed.attached).toBe(1);
  });

  it("calls again with waits that grow to their end, and says once why", async () => {
    const bed = new Bed();
    bed.error = { kind: "refused" };
    await bed.platform.advance(10);
    bed.end();
    await bed.platform.advance(400_000);
    const waits = bed.calls.slice(1).map((at, i) => Math.round(at - bed.calls[i]!));
    expect(waits.slice(0, 8)).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
    expect(LAST_WAIT).toBe(60_000);
    expect(
      bed.platform.output.match(/the syslog server logs:6514 refused the connection; lines wait for it/g),
    ).toHaveLength(1);
    bed.error = undefined;
    bed.dropped = 17;
    await bed.platform.advance(60_000);
    expect(bed.platform.output).toContain("the syslog server logs:6514 is there again");
    expect(bed.platform.output).toContain("17 lines of the log were lost");
  });

  it("calls again soon after a connection that lasted", async () => {
    const bed = new Bed();
    await bed.platform.advance(20_000);
    const before = bed.calls.length;
    bed.end({ ok: false, error: { kind: "reset" } });
    await bed.platform.advance(2000);
    expect(bed.calls.length).toBe(before + 1);
    expect(bed.platform.output).toContain("is gone: the connection broke; lines wait for it");
  });

  it("says why a collector over TLS is not believed", async () => {
    const bed = new Bed("tls");
    bed.error = { kind: "insecure", reason: "its certificate is for another" };
    await bed.platform.advance(10);
    bed.end();
    await bed.platform.advance(5000);
    expect(bed.platform.output).toContain("logs:6514 is not believed: its certificate is for another");
  });
});
