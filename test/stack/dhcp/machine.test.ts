import * as fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { BROADCAST_ADDRESS, formatIpv4, type Ipv4, type Mac } from "../../../stack/base/address.ts";
import { NEVER, SECOND } from "../../../stack/base/result.ts";
import type { Lease } from "../../../stack/dhcp/lease.ts";
import {
  CONFLICT_WINDOW,
  DECLINE_PAUSE,
  DhcpClient,
  FIRST_RETRANSMISSION,
  LAST_RETRANSMISSION,
  RENEWAL_RETRANSMISSION,
  REQUEST_ATTEMPTS,
  SHORTEST_LEASE,
  UNANSWERED_ATTEMPTS,
} from "../../../stack/dhcp/machine.ts";
import { DhcpSink, LOST_CONFLICT, LOST_EXPIRED, LOST_REFUSED, LOST_RELEASED } from "../../../stack/dhcp/sink.ts";
import { DHCP_OTHER_QUESTION } from "../../../stack/dhcp/wire.ts";
import { bytesOf } from "../../support/bytes.ts";
import { type ClientMessage, fourBytes, optionOf, readClientMessage, reply } from "./server.ts";

const MAC = 0x525400123456 as Mac;
const OURS = 0x0a00020f as Ipv4;
const SERVER = 0x0a000202 as Ipv4;
const DISCOVER = 1;
const OFFER = 2;
const REQUEST = 3;
const DECLINE = 4;
const ACK = 5;
const NAK = 6;
const RELEASE = 7;

interface Sent {
  readonly to: string;
  readonly message: ClientMessage;
}

class Recorder extends DhcpSink {
  readonly sent: Sent[] = [];
  readonly log: string[] = [];
  sendDhcp(to: string, bytes: Uint8Array, length: number): void {
    this.sent.push({ to, message: readClientMessage(bytes, length) });
  }
  bound(lease: Lease, renewed: boolean): void {
    this.log.push(`${renewed ? "renewed" : "bound"} ${lease.address.toString(16)}/${lease.prefixLength}`);
  }
  unanswered(): void {
    this.log.push("unanswered");
  }
  refused(why: string): void {
    this.log.push(why);
  }
  lost(reason: number): void {
    this.log.push(`lost ${reason}`);
  }
  last(): Sent {
    return this.sent[this.sent.length - 1]!;
  }
}

let client: DhcpClient;
let sink: Recorder;

beforeEach(() => {
  client = new DhcpClient(MAC, "blog");
  sink = new Recorder();
});

function answer(type: number, now: number, lease = 1000, address = OURS, server = SERVER): void {
  const bytes = reply(type, sink.last().message.transaction, MAC, address, [
    [54, ...fourBytes(server)],
    [1, 255, 255, 255, 0],
    [3, ...fourBytes(SERVER)],
    [51, ...fourBytes(lease)],
  ]);
  client.input(bytes, 0, bytes.length, now, 99, sink);
}

function bind(now = 0, lease = 1000): void {
  client.start(now);
  client.step(now, 0xabcdef01, sink);
  answer(OFFER, now, lease);
  answer(ACK, now, lease);
  expect(client.state).toBe("bound");
}

describe("the DHCP client", () => {
  test("discovers, requests and is bound, without a pause", () => {
    client.start(5);
    expect(client.nextDeadline()).toBe(5);
    client.step(5, 0xabcdef01, sink);
    expect(client.state).toBe("selecting");
    expect(sink.last().to).toBe(formatIpv4(BROADCAST_ADDRESS));
    expect(sink.last().message.type).toBe(DISCOVER);
    expect(sink.last().message.transaction).toBe(0xabcdef01);
    expect(sink.last().message.broadcast).toBe(true);
    answer(OFFER, 6);
    expect(client.state).toBe("requesting");
    const { message } = sink.last();
    expect([message.type, message.clientAddress]).toEqual([REQUEST, 0]);
    expect([optionOf(message, 50), optionOf(message, 54)]).toEqual(["0a00020f", "0a000202"]);
    answer(ACK, 7);
    expect(sink.log).toEqual(["bound a00020f/24"]);
    expect([client.lease.gateway, client.lease.server, client.lease.seconds]).toEqual([SERVER, SERVER, 1000]);
    // T1 is half the lease, counted from the request.
    expect(client.nextDeadline()).toBe(6 + 500 * SECOND);
  });

  test("a silent network is asked again with doubled waits, within a quarter", () => {
    client.start(0);
    let now = 0;
    let expected = FIRST_RETRANSMISSION;
    for (let i = 0; i < 12; i++) {
      client.step(now, i * 77_777_777, sink);
      expect(sink.sent).toHaveLength(i + 1);
      const wait = client.nextDeadline() - now;
      expect(wait).toBeGreaterThanOrEqual(expected * 0.75);
      expect(wait).toBeLessThanOrEqual(expected * 1.25);
      now = client.nextDeadline();
      client.step(now - 1, 0, sink);
      expected = Math.min(expected * 2, LAST_RETRANSMISSION);
    }
    expect(sink.last().message.seconds).toBeGreaterThan(60);
    expect(new Set(sink.sent.map((s) => s.message.transaction)).size).toBe(1);
  });

  test("that nobody answers is said once, at the third repetition, and again after the next lease", () => {
    client.start(0);
    let now = 0;
    for (let i = 0; i < 10; i++) {
      client.step(now, 0, sink);
      expect(sink.log).toEqual(i < UNANSWERED_ATTEMPTS ? [] : ["unanswered"]);
      now = client.nextDeadline();
    }
    answer(OFFER, now);
    answer(ACK, now);
    sink.log.length = 0;
    client.conflict(now, 1, sink);
    for (let i = 0; i < 6; i++) client.step(client.nextDeadline(), 0, sink);
    expect(sink.log.filter((line) => line === "unanswered")).toHaveLength(1);
    expect(now).toBeGreaterThan(7 * SECOND);
  });

  test("an offer that cannot be used, and a refusal, are told with their reason", () => {
    client.start(0);
    client.step(0, 1, sink);
    for (let i = 0; i < 2; i++) answer(OFFER, 0, 0);
    expect(sink.log).toEqual(["the DHCP server 10.0.2.2 offers a lease of 0 s"]);
    answer(OFFER, 0);
    const bytes = reply(NAK, sink.last().message.transaction, MAC, 0 as Ipv4, [
      [54, ...fourBytes(SERVER)],
      [56, 110, 111],
    ]);
    client.input(bytes, 0, bytes.length, 1, 99, sink);
    expect(sink.log[1]).toBe("the DHCP server 10.0.2.2 takes its offer back: no");
  });

  test("an offer of no host's address is told", () => {
    client.start(0);
    client.step(0, 1, sink);
    answer(OFFER, 0, 1000, 0 as Ipv4);
    expect(sink.log).toEqual(["the DHCP server 10.0.2.2 offers 0.0.0.0, which is not the address of a host"]);
  });

  test("a server that offers and then is silent is left for another", () => {
    client.start(0);
    client.step(0, 1, sink);
    answer(OFFER, 0);
    for (let i = 0; i < REQUEST_ATTEMPTS; i++) client.step(client.nextDeadline(), 1, sink);
    expect(client.state).toBe("init");
    expect(sink.sent.filter((s) => s.message.type === REQUEST)).toHaveLength(REQUEST_ATTEMPTS);
    client.step(client.nextDeadline(), 2, sink);
    expect(sink.last().message.type).toBe(DISCOVER);
    expect(sink.last().message.transaction).toBe(2);
  });

  test("a server that offers and never gives is told; so is a lease that is none", () => {
    client.start(0);
    client.step(0, 1, sink);
    answer(OFFER, 0);
    answer(ACK, 0, 0);
    expect(sink.log).toEqual(["the DHCP server 10.0.2.2 gives a lease of 0 s"]);
    expect(client.state).toBe("requesting");
    client = new DhcpClient(MAC, "blog");
    sink = new Recorder();
    client.start(0);
    client.step(0, 1, sink);
    answer(OFFER, 0);
    for (let i = 0; i < REQUEST_ATTEMPTS; i++) client.step(client.nextDeadline(), 1, sink);
    expect(sink.log).toEqual(["the DHCP server 10.0.2.2 offered 10.0.2.15 and does not answer the request for it"]);
  });

  test("a refusal begins anew", () => {
    client.start(0);
    client.step(0, 1, sink);
    answer(OFFER, 0);
    answer(NAK, 10);
    expect(client.state).toBe("init");
    expect(client.nextDeadline()).toBe(10 + FIRST_RETRANSMISSION);
    expect(sink.log).toEqual(["the DHCP server 10.0.2.2 takes its offer back"]);
  });

  test("other clients' answers, other servers' answers and useless offers are ignored", () => {
    client.start(0);
    client.step(0, 1, sink);
    const others = [
      reply(OFFER, 2, MAC, OURS, [[54, ...fourBytes(SERVER)]]),
      reply(OFFER, 1, MAC + 1, OURS, [[54, ...fourBytes(SERVER)]]),
      reply(OFFER, 1, MAC, 0 as Ipv4, [[54, ...fourBytes(SERVER)]]),
      reply(OFFER, 1, MAC, 0xe0000001 as Ipv4, [[54, ...fourBytes(SERVER)]]),
      reply(OFFER, 1, MAC, OURS, []),
      reply(ACK, 1, MAC, OURS, [[54, ...fourBytes(SERVER)]]),
    ];
    const told: number[] = [];
    for (const bytes of others) told.push(client.input(bytes, 0, bytes.length, 0, 5, sink));
    expect(told).toEqual([DHCP_OTHER_QUESTION, DHCP_OTHER_QUESTION, 0, 0, 0, 0]);
    expect(client.state).toBe("selecting");
    answer(OFFER, 0);
    answer(ACK, 0, 1000, OURS, 0x0a000263 as Ipv4);
    answer(NAK, 0, 1000, OURS, 0x0a000263 as Ipv4);
    expect(client.state).toBe("requesting");
  });

  test("renews by unicast at T1 and stays bound", () => {
    bind();
    client.step(500 * SECOND, 7, sink);
    expect(client.state).toBe("renewing");
    const { to, message } = sink.last();
    expect([to, message.type, message.clientAddress, message.broadcast]).toEqual([
      formatIpv4(SERVER),
      REQUEST,
      OURS,
      false,
    ]);
    expect(optionOf(message, 50)).toBeUndefined();
    expect(optionOf(message, 54)).toBeUndefined();
    answer(ACK, 500 * SECOND + 5);
    expect(sink.log).toEqual(["bound a00020f/24", "renewed a00020f/24"]);
    expect(client.nextDeadline()).toBe(1000 * SECOND);
  });

  test("rebinds by broadcast at T2, and loses the address at the end", () => {
    bind();
    let last = 0;
    while (client.state !== "init") {
      const now = client.nextDeadline();
      if (last > 0 && now < 875 * SECOND) expect(now - last).toBeGreaterThanOrEqual(RENEWAL_RETRANSMISSION);
      last = now;
      client.step(now, 3, sink);
    }
    expect(last).toBe(1000 * SECOND);
    const renewals = sink.sent.slice(2);
    expect(renewals.some((s) => s.to === formatIpv4(SERVER))).toBe(true);
    expect(renewals.some((s) => s.to === formatIpv4(BROADCAST_ADDRESS))).toBe(true);
    expect(sink.log[1]).toBe(`lost ${LOST_EXPIRED}`);
    client.step(client.nextDeadline(), 4, sink);
    expect(sink.last().message.type).toBe(DISCOVER);
  });

  test("a machine that was paused beyond T2 asks everybody at once; beyond the end of the lease it begins anew", () => {
    bind();
    client.step(900 * SECOND, 1, sink);
    expect(client.state).toBe("rebinding");
    expect(sink.last().to).toBe(formatIpv4(BROADCAST_ADDRESS));
    expect(client.nextDeadline()).toBeGreaterThan(900 * SECOND);
    client = new DhcpClient(MAC, "blog");
    bind(1000 * SECOND);
    const sent = sink.sent.length;
    client.step(2000 * SECOND, 1, sink);
    expect(client.state).toBe("init");
    expect(sink.log[sink.log.length - 1]).toBe(`lost ${LOST_EXPIRED}`);
    expect(sink.sent.length).toBe(sent);
  });

  test("parameters of the machine count where they were asked for; too many are told of", () => {
    const words = bytesOf("--remote=http://a/b.git");
    const long = [224, ...new Array<number>(250).fill(97)];
    const given = (wanted: boolean, options: readonly number[][]): string => {
      client = new DhcpClient(MAC, "");
      client.parametersWanted = wanted;
      client.start(0);
      client.step(0, 7, sink);
      for (const type of [OFFER, ACK]) {
        const told = [[54, ...fourBytes(SERVER)], [51, ...fourBytes(1000)], ...options];
        const bytes = reply(type, 7, MAC, OURS, told);
        client.input(bytes, 0, bytes.length, 0, 99, sink);
      }
      expect(client.state).toBe("bound");
      return client.lease.parameters;
    };
    expect(given(true, [[224, ...words]])).toBe("--remote=http://a/b.git");
    expect(optionOf(sink.last().message, 55)!.endsWith("e0")).toBe(true);
    expect(given(false, [[224, ...words]])).toBe("");
    expect(optionOf(sink.last().message, 55)!.endsWith("e0")).toBe(false);
    sink.log.splice(0);
    expect(given(true, [long, long, long, long, long])).toBe("");
    expect(sink.log[0]).toBe(
      "the DHCP server 10.0.2.2 gives more than 1024 bytes of parameters (option 224), of which none is taken",
    );
    expect(sink.log).toHaveLength(2);
  });

  test("another server's answer while rebinding keeps the address", () => {
    bind();
    while (client.state !== "rebinding") client.step(client.nextDeadline(), 3, sink);
    answer(ACK, 876 * SECOND, 1000, OURS, 0x0a000263 as Ipv4);
    expect(client.state).toBe("bound");
    expect(client.lease.server).toBe(0x0a000263);
  });

  test("a refusal while renewing loses the address; a stranger's does not", () => {
    bind();
    client.step(500 * SECOND, 7, sink);
    answer(NAK, 501 * SECOND, 1000, OURS, 0x0a000263 as Ipv4);
    expect(client.state).toBe("renewing");
    answer(NAK, 501 * SECOND);
    expect(sink.log).toEqual(["bound a00020f/24", `lost ${LOST_REFUSED}`]);
    expect(client.nextDeadline()).toBe(501 * SECOND);
  });

  test("an address that somebody else has is declined, and sought again after a pause", () => {
    bind();
    client.conflict(2 * SECOND, 8, sink);
    expect(sink.log[1]).toBe(`lost ${LOST_CONFLICT}`);
    const { to, message } = sink.last();
    expect([to, message.type]).toEqual([formatIpv4(BROADCAST_ADDRESS), DECLINE]);
    expect([optionOf(message, 50), optionOf(message, 54)]).toEqual(["0a00020f", "0a000202"]);
    expect(client.nextDeadline()).toBe(2 * SECOND + DECLINE_PAUSE);
  });

  test("a conflict long after binding changes nothing", () => {
    bind();
    client.conflict(CONFLICT_WINDOW + 1, 8, sink);
    expect(client.state).toBe("bound");
  });

  test("the address is given back on release", () => {
    bind();
    client.release(SECOND, 9, sink);
    expect([sink.last().to, sink.last().message.type, sink.last().message.clientAddress]).toEqual([
      formatIpv4(SERVER),
      RELEASE,
      OURS,
    ]);
    expect(sink.log[1]).toBe(`lost ${LOST_RELEASED}`);
    expect(client.nextDeadline()).toBe(NEVER);
  });

  test("a lease for ever is never renewed, a very short one is stretched", () => {
    bind(0, 0xffffffff);
    expect(client.nextDeadline()).toBe(NEVER);
    client = new DhcpClient(MAC, "");
    bind(0, 1);
    expect(client.lease.seconds).toBe(SHORTEST_LEASE);
  });

  test("without a usable mask the address's old class decides", () => {
    for (const [address, mask, prefix] of [
      [0x0a000001, 0, 8],
      [0xac100001, 0xff00ff00, 16],
      [0xc0a80001, 0, 24],
      [0xc0a80001, 0xffffffff, 32],
      [0xc0a80001, 0x80000000, 1],
    ] as const) {
      client = new DhcpClient(MAC, "");
      client.start(0);
      client.step(0, 1, sink);
      for (const type of [OFFER, ACK]) {
        const bytes = reply(type, 1, MAC, address as Ipv4, [
          [54, ...fourBytes(SERVER)],
          [1, ...fourBytes(mask)],
          [51, ...fourBytes(100)],
        ]);
        client.input(bytes, 0, bytes.length, 0, 1, sink);
      }
      expect(client.lease.prefixLength).toBe(prefix);
    }
  });

  test("through loss and repetition the client is always bound in the end, and never hangs", () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat(999)), (random) => {
        const draw = (): number => random.next().value as number;
        client = new DhcpClient(MAC, "");
        sink = new Recorder();
        client.start(0);
        let now = 0;
        let taken = 0;
        for (let i = 0; i < 200 && client.state !== "bound"; i++) {
          now = Math.max(now, client.nextDeadline());
          client.step(now, draw(), sink);
          for (; taken < sink.sent.length; taken++) {
            if (draw() < 300) continue;
            const type = sink.sent[taken]!.message.type;
            for (let n = draw() < 200 ? 2 : 1; n > 0; n--)
              if (draw() >= 300) answer(type === DISCOVER ? OFFER : draw() < 100 ? NAK : ACK, now);
          }
        }
        expect(client.state).toBe("bound");
      }),
      { numRuns: 50 },
    );
  });

  test("a machine that was away asks whether its address is still its own (INIT-REBOOT, RFC 2131 3.2)", () => {
    bind(0, 1000);
    sink.log.length = 0;
    const before = sink.sent.length;
    client.verify(5 * SECOND, 100 * SECOND);
    expect(client.nextDeadline()).toBe(5 * SECOND);
    client.step(5 * SECOND, 77, sink);
    const { to, message } = sink.last();
    expect(sink.sent).toHaveLength(before + 1);
    expect([to, message.type, message.clientAddress, message.transaction]).toEqual(["255.255.255.255", REQUEST, 0, 77]);
    expect(optionOf(message, 50)).toBe("0a00020f");
    expect(optionOf(message, 54)).toBe(undefined);
    answer(ACK, 6 * SECOND);
    expect(sink.log).toEqual(["renewed a00020f/24"]);
    expect(client.nextDeadline()).toBe(505 * SECOND);
  });

  test("elsewhere the address is taken away, by whatever server there is", () => {
    bind();
    sink.log.length = 0;
    client.verify(5, 100);
    client.step(5, 77, sink);
    answer(NAK, 6, 1000, OURS, 0x0a090909 as Ipv4);
    expect(sink.log).toEqual([`lost ${LOST_REFUSED}`]);
    expect([client.state, client.nextDeadline()]).toEqual(["init", 6]);
  });

  test("where nobody answers it keeps the address for what is left of the lease, the time away counted", () => {
    bind(0, 1000);
    sink.log.length = 0;
    client.verify(SECOND, 100 * SECOND);
    for (let i = 0; i <= REQUEST_ATTEMPTS; i++) client.step(client.nextDeadline(), 1, sink);
    expect(client.state).toBe("bound");
    expect(client.nextDeadline()).toBe(400 * SECOND);
    expect(sink.log).toEqual([]);
    client.verify(2 * SECOND, 1000 * SECOND);
    client.step(2 * SECOND, 1, sink);
    expect(sink.log).toEqual([`lost ${LOST_EXPIRED}`]);
  });

  test("without an address there is nothing to ask for", () => {
    client.start(0);
    client.verify(5, 5);
    expect(client.state).toBe("init");
  });
});
