import { beforeEach, describe, expect, test } from "vitest";
import type { Mac } from "../../../stack/base/address.ts";
import { formatIpv6 } from "../../../stack/base/address6.ts";
import { NEVER, SECOND } from "../../../stack/base/result.ts";
import {
  InformationClient,
  LEAST_TOLD_TIMEOUT,
  MOST_INFORMATION_TIMEOUT,
  REFRESH_DEFAULT,
  REFRESH_LEAST,
} from "../../../stack/dhcpv6/information.ts";
import { type Lease, SHORTEST_LEASE } from "../../../stack/dhcpv6/lease.ts";
import {
  CONFIRM_TIME,
  DECLINE_ATTEMPTS,
  Dhcpv6Client,
  MOST_SOLICIT_TIMEOUT,
  PAUSE,
  REQUEST_ATTEMPTS,
  UNANSWERED_ATTEMPTS,
} from "../../../stack/dhcpv6/machine.ts";
import type { Settings } from "../../../stack/dhcpv6/settings.ts";
import { Dhcpv6Sink, LOST_DUPLICATE, LOST_EXPIRED, LOST_MOVED, LOST_WITHDRAWN } from "../../../stack/dhcpv6/sink.ts";
import { toHex } from "../../support/bytes.ts";
import {
  address,
  association,
  type ClientMessage,
  clientIdentifier,
  duid,
  lent,
  message,
  names,
  type Option,
  option,
  optionOf,
  readClientMessage,
  serverIdentifier,
  status,
  u32,
} from "./server.ts";

const MAC = 0x525400123456 as Mac;
const OURS = "2001:db8::10";
const SOLICIT = 1;
const ADVERTISE = 2;
const REQUEST = 3;
const CONFIRM = 4;
const RENEW = 5;
const REBIND = 6;
const REPLY = 7;
const DECLINE = 9;
const INFORMATION_REQUEST = 11;

class Recorder extends Dhcpv6Sink {
  readonly sent: ClientMessage[] = [];
  readonly log: string[] = [];
  override sendDhcpv6(bytes: Uint8Array, length: number): void {
    this.sent.push(readClientMessage(bytes, 0, length));
  }
  override bound(lease: Lease, renewed: boolean): void {
    this.log.push(`${renewed ? "renewed" : "bound"} ${formatIpv6(lease.address, 0)}`);
  }
  override informed(settings: Settings): void {
    this.log.push(`told ${settings.nameServers.join(" ")}`);
  }
  override unanswered(): void {
    this.log.push("unanswered");
  }
  override refused(why: string): void {
    this.log.push(why);
  }
  override lost(reason: number): void {
    this.log.push(`lost ${reason}`);
  }
  last(): ClientMessage {
    return this.sent[this.sent.length - 1]!;
  }
  types(): number[] {
    return this.sent.map((one) => one.type);
  }
}

let client: Dhcpv6Client;
let sink: Recorder;

beforeEach(() => {
  client = new Dhcpv6Client(MAC);
  sink = new Recorder();
});

/** A server answers the last message; true when it is taken. */
function answer(type: number, now: number, options: readonly Option[], server = 1): boolean {
  const bytes = message(type, sink.last().transaction, clientIdentifier(MAC), serverIdentifier(server), ...options);
  return client.input(bytes, 0, bytes.length, now, 99, sink);
}

/** An association with this address, T1 and T2 of 100 and 160 s. */
function gives(where = OURS, preferred = 200, valid = 300): Option[] {
  return [association(MAC, 100, 160, lent(where, preferred, valid))];
}

function step(now: number): void {
  client.step(now, (now * 2654435761) >>> 0, sink);
}

/** Steps until something is sent, and tells when that was. */
function next(): number {
  const count = sink.sent.length;
  for (let i = 0; i < 5 && sink.sent.length === count; i++) step(client.nextDeadline());
  return sink.sent.length;
}

function bind(now: number): void {
  client.start(now);
  step(now);
  expect(answer(ADVERTISE, now, gives())).toBe(true);
  expect(answer(REPLY, now, gives())).toBe(true);
  expect(client.state).toBe("bound");
  sink.log.length = 0;
}

describe("an address that is lent", () => {
  test("Solicit, Advertise, Request, Reply, without a pause (RFC 8415 18.2.1, 18.2.2)", () => {
    client.start(5);
    client.start(6);
    expect(client.nextDeadline()).toBe(5);
    step(5);
    const asked = sink.last();
    expect([asked.type, optionOf(asked, 14), optionOf(asked, 8)]).toEqual([SOLICIT, "", "0000"]);
    expect(answer(ADVERTISE, 6, gives())).toBe(true);
    const wanted = sink.last();
    expect([wanted.type, optionOf(wanted, 2)]).toEqual([REQUEST, toHex(duid(1))]);
    expect(optionOf(wanted, 3).includes("20010db8000000000000000000000010")).toBe(true);
    expect(wanted.transaction === asked.transaction).toBe(false);
    expect(answer(REPLY, 7, gives())).toBe(true);
    expect(sink.log).toEqual([`bound ${OURS}`]);
    expect([client.lease.validUntil, client.nextDeadline()]).toEqual([7 + 300 * SECOND, 7 + 100 * SECOND]);
  });

  test("a Reply at once, where the server may (18.2.1, Rapid Commit)", () => {
    client.start(0);
    step(0);
    expect(answer(REPLY, 1, gives())).toBe(false);
    expect(answer(REPLY, 1, [...gives(), option(14)])).toBe(true);
    expect([client.state, sink.sent.length]).toEqual(["bound", 1]);
  });

  test("a silent network is asked again, twice as late each time up to an hour, and that is said once", () => {
    client.start(0);
    let now = 0;
    let expected = SECOND;
    for (let i = 0; i < 16; i++) {
      step(now);
      expect(sink.log).toEqual(i < UNANSWERED_ATTEMPTS ? [] : ["unanswered"]);
      const wait = client.nextDeadline() - now;
      expect(wait).toBeGreaterThanOrEqual(expected * 0.9 - 1);
      expect(wait <= expected * 1.1 + 1).toBe(true);
      now = client.nextDeadline();
      step(now - 1);
      expected = Math.min(wait * 2, MOST_SOLICIT_TIMEOUT);
    }
    expect(sink.sent.length).toBe(16);
    expect(new Set(sink.sent.map((one) => one.transaction)).size).toBe(1);
    expect(optionOf(sink.last(), 8)).toBe("ffff");
  });

  test("servers set the longest wait, within limits, even when they have no address (21.24)", () => {
    client.start(0);
    step(0);
    const none = association(MAC, 0, 0, status(2, "all gone"));
    expect(answer(ADVERTISE, 1, [none, option(82, u32(LEAST_TOLD_TIMEOUT - 1))])).toBe(true);
    expect(answer(ADVERTISE, 1, [none, option(82, u32(LEAST_TOLD_TIMEOUT))])).toBe(true);
    for (let i = 0; i < 12; i++) next();
    const now = client.nextDeadline();
    step(now);
    expect(client.nextDeadline() - now <= LEAST_TOLD_TIMEOUT * 1.1 * SECOND).toBe(true);
    expect(sink.log).toEqual(["a DHCPv6 server has no address for this machine (status 2: all gone)"]);
  });

  test("an address that no host has is not asked for", () => {
    client.start(0);
    step(0);
    for (const where of ["::", "::1", "ff02::1", "fe80::1", "::ffff:10.0.0.1"]) answer(ADVERTISE, 1, gives(where));
    expect([client.state, sink.sent.length]).toEqual(["soliciting", 1]);
    expect(sink.log).toEqual(["a DHCPv6 server gives ::, which is not the address of a host"]);
    expect(answer(ADVERTISE, 1, gives())).toBe(true);
    expect(client.state).toBe("requesting");
  });

  test("a server that offers and is silent then, or gives nothing, is left (18.2.2, 18.2.10.1)", () => {
    client.start(0);
    step(0);
    answer(ADVERTISE, 0, gives());
    for (let i = 1; i < REQUEST_ATTEMPTS; i++) next();
    expect(sink.types().filter((type) => type === REQUEST).length).toBe(REQUEST_ATTEMPTS);
    next();
    expect([client.state, sink.last().type]).toEqual(["soliciting", SOLICIT]);
    answer(ADVERTISE, 9, gives());
    answer(REPLY, 10, [status(4, "elsewhere")]);
    expect([client.state, client.nextDeadline()]).toEqual(["soliciting", 10 + PAUSE]);
    expect(sink.log).toEqual(["a DHCPv6 server offers an address and does not answer the request for it"]);
  });

  test("what nobody has asked for is refused", () => {
    bind(0);
    const { transaction } = sink.last();
    expect(answer(REPLY, 1, gives("2001:db8::66"))).toBe(false);
    step(100 * SECOND);
    const stale = message(REPLY, transaction, clientIdentifier(MAC), serverIdentifier(1), ...gives("2001:db8::66"));
    expect(client.input(stale, 0, stale.length, 1, 2, sink)).toBe(false);
    expect(answer(ADVERTISE, 1, gives("2001:db8::66"))).toBe(false);
    expect(answer(REPLY, 1, gives("2001:db8::66"), 2)).toBe(false);
    const other = message(
      REPLY,
      sink.last().transaction,
      clientIdentifier((MAC + 1) as Mac),
      serverIdentifier(1),
      ...gives(),
    );
    expect(client.input(other, 0, other.length, 1, 2, sink)).toBe(false);
    expect([client.state, sink.log.length]).toEqual(["renewing", 0]);
  });

  test("is prolonged by its server at T1, by any at T2, and is lost at the end of its lifetime", () => {
    bind(0);
    step(100 * SECOND);
    expect([sink.last().type, optionOf(sink.last(), 2)]).toEqual([RENEW, toHex(duid(1))]);
    expect(answer(REPLY, 100 * SECOND, gives())).toBe(true);
    expect(sink.log).toEqual([`renewed ${OURS}`]);
    step(200 * SECOND);
    for (let i = 0; i < 99 && client.nextDeadline() < 260 * SECOND; i++) next();
    expect(sink.last().type).toBe(RENEW);
    step(260 * SECOND);
    expect([sink.last().type, optionOf(sink.last(), 2)]).toEqual([REBIND, "none"]);
    for (let i = 0; i < 99 && client.nextDeadline() < 400 * SECOND; i++) next();
    expect(client.nextDeadline()).toBe(400 * SECOND);
    step(400 * SECOND);
    expect([sink.last().type, sink.log[1]]).toEqual([SOLICIT, `lost ${LOST_EXPIRED}`]);
  });

  test("another server may prolong it at T2, and may give another one", () => {
    bind(0);
    step(160 * SECOND);
    expect(sink.last().type).toBe(REBIND);
    expect(answer(REPLY, 160 * SECOND, gives("2001:db8::20"), 2)).toBe(true);
    expect(sink.log).toEqual([`lost ${LOST_WITHDRAWN}`, "bound 2001:db8::20"]);
    step(260 * SECOND);
    expect([sink.last().type, optionOf(sink.last(), 2)]).toEqual([RENEW, toHex(duid(2))]);
  });

  test("a server that has forgotten us is asked once more, and the address is kept meanwhile (18.2.10.1, NoBinding)", () => {
    bind(0);
    step(100 * SECOND);
    expect(answer(REPLY, 100 * SECOND, [association(MAC, 0, 0, status(3, "who?"))])).toBe(true);
    expect([sink.last().type, sink.log.length]).toEqual([REQUEST, 0]);
    expect(answer(REPLY, 101 * SECOND, gives())).toBe(true);
    expect(sink.log).toEqual([`renewed ${OURS}`]);
    step(201 * SECOND);
    answer(REPLY, 201 * SECOND, [association(MAC, 0, 0, status(3, "who?"))]);
    answer(REPLY, 202 * SECOND, [association(MAC, 0, 0, status(2, ""))]);
    expect(sink.log[2]).toBe(`lost ${LOST_WITHDRAWN}`);
  });

  test("an answer without our association changes nothing; one that ends it does (18.2.10.1)", () => {
    bind(0);
    step(100 * SECOND);
    for (const options of [[], [status(1, "")], [association(MAC, 0, 0)]]) answer(REPLY, 100 * SECOND, options);
    expect([client.state, sink.log.length]).toEqual(["renewing", 0]);
    answer(REPLY, 101 * SECOND, [association(MAC, 0, 0, lent(OURS, 0, 0))]);
    expect([client.state, sink.log[0]]).toEqual(["soliciting", `lost ${LOST_WITHDRAWN}`]);
    expect(client.nextDeadline()).toBe(101 * SECOND + PAUSE);
  });

  test("one that another machine has is declined, and servers are asked again after a pause (18.2.8)", () => {
    bind(0);
    client.duplicate(SECOND, 7, sink);
    expect([sink.last().type, optionOf(sink.last(), 2), sink.log[0]]).toEqual([
      DECLINE,
      toHex(duid(1)),
      `lost ${LOST_DUPLICATE}`,
    ]);
    expect(answer(REPLY, 2 * SECOND, [])).toBe(true);
    expect([client.state, client.nextDeadline()]).toEqual(["soliciting", 2 * SECOND + PAUSE]);
    client = new Dhcpv6Client(MAC);
    sink = new Recorder();
    bind(0);
    client.duplicate(SECOND, 7, sink);
    for (let i = 1; i < DECLINE_ATTEMPTS; i++) next();
    expect(sink.types().filter((type) => type === DECLINE).length).toBe(DECLINE_ATTEMPTS);
    const silent = client.nextDeadline();
    step(silent);
    expect([client.state, client.nextDeadline()]).toEqual(["soliciting", silent + PAUSE]);
  });

  test("after a pause of the machine it asks whether the network is still the one (18.2.3)", () => {
    bind(0);
    client.verify(10 * SECOND, 20 * SECOND);
    step(10 * SECOND);
    expect([sink.last().type, optionOf(sink.last(), 2)]).toEqual([CONFIRM, "none"]);
    expect(answer(REPLY, 10 * SECOND, [status(0, "")], 2)).toBe(true);
    // What has passed counts.
    expect([client.state, client.nextDeadline()]).toEqual(["bound", 80 * SECOND]);
    client.verify(20 * SECOND, 0);
    step(20 * SECOND);
    while (client.state === "confirming") step(client.nextDeadline());
    expect([client.state, sink.log.length]).toEqual(["bound", 0]);
    client.verify(50 * SECOND, 0);
    step(50 * SECOND);
    expect(answer(REPLY, 50 * SECOND, [status(4, "")])).toBe(true);
    expect([client.state, sink.log[0]]).toEqual(["soliciting", `lost ${LOST_MOVED}`]);
    expect(CONFIRM_TIME).toBe(10 * SECOND);
  });

  test("a pause beyond its lifetime ends it", () => {
    bind(0);
    client.verify(10 * SECOND, 500 * SECOND);
    step(10 * SECOND);
    expect([sink.last().type, sink.log[0]]).toEqual([SOLICIT, `lost ${LOST_EXPIRED}`]);
  });

  test("times that the server leaves to us, lasts for ever or are too short to be lived with (21.4, 7.7)", () => {
    const times: number[][] = [];
    for (const [t1, t2, preferred, valid] of [
      [0, 0, 100, 200],
      [0, 0, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff, 100, 200],
      [1, 1, 1, 1],
    ] as const) {
      client = new Dhcpv6Client(MAC);
      client.start(0);
      step(0);
      answer(REPLY, 0, [association(MAC, t1, t2, lent(OURS, preferred, valid)), option(14)]);
      const { renewAt, rebindAt, validUntil } = client.lease;
      times.push([renewAt, rebindAt, validUntil, client.nextDeadline()]);
    }
    expect(times[0]).toEqual([50 * SECOND, 80 * SECOND, 200 * SECOND, 50 * SECOND]);
    expect(times[1]).toEqual([NEVER, NEVER, NEVER, NEVER]);
    expect(times[2]).toEqual([NEVER, NEVER, 200 * SECOND, 200 * SECOND]);
    expect(times[3]).toEqual([
      (SHORTEST_LEASE / 2) * SECOND,
      (SHORTEST_LEASE / 2) * SECOND,
      SHORTEST_LEASE * SECOND,
      (SHORTEST_LEASE / 2) * SECOND,
    ]);
  });
});

describe("information without an address", () => {
  let asker: InformationClient;

  beforeEach(() => {
    asker = new InformationClient(MAC);
  });

  function tell(now: number, options: readonly Option[], type: number): boolean {
    const bytes = message(type, sink.last().transaction, clientIdentifier(MAC), serverIdentifier(1), ...options);
    return asker.input(bytes, 0, bytes.length, now, sink);
  }

  test("is asked for until somebody answers, and again when its time is over (RFC 8415 18.2.6, 21.23)", () => {
    asker.start(0);
    asker.step(0, 0x12345678, sink);
    expect([sink.last().type, sink.last().transaction, optionOf(sink.last(), 3)]).toEqual([
      INFORMATION_REQUEST,
      0x345678,
      "none",
    ]);
    asker.step(asker.nextDeadline(), 1, sink);
    expect(sink.sent.length).toBe(2);
    expect(tell(5, [option(23, address("2001:db8::53")), option(24, names("lan"))], REPLY)).toBe(true);
    expect(sink.log).toEqual(["told 2001:db8::53"]);
    expect(asker.nextDeadline()).toBe(5 + REFRESH_DEFAULT * SECOND);
    asker.start(6);
    expect(asker.nextDeadline()).toBe(5 + REFRESH_DEFAULT * SECOND);
    asker.step(5 + REFRESH_DEFAULT * SECOND, 2, sink);
    expect(sink.sent.length).toBe(3);
    expect(tell(7, [option(32, u32(1))], REPLY)).toBe(true);
    expect(asker.nextDeadline()).toBe(7 + REFRESH_LEAST * SECOND);
  });

  test("for ever is for ever, an error is no answer, and what was not asked for is refused", () => {
    asker.verify(0);
    expect(asker.nextDeadline()).toBe(NEVER);
    asker.start(0);
    asker.step(0, 3, sink);
    expect(tell(1, [], ADVERTISE)).toBe(false);
    expect(tell(1, [status(1, "not now"), option(83, u32(60))], REPLY)).toBe(true);
    expect(sink.log).toEqual([]);
    for (let i = 0; i < 12; i++) asker.step(asker.nextDeadline(), 4, sink);
    const now = asker.nextDeadline();
    asker.step(now, 0, sink);
    expect(asker.nextDeadline() - now <= 66 * SECOND).toBe(true);
    expect(tell(9, [option(32, u32(0xffffffff))], REPLY)).toBe(true);
    expect(asker.nextDeadline()).toBe(NEVER);
    expect(tell(10, [], REPLY)).toBe(false);
    asker.verify(11);
    expect(asker.nextDeadline()).toBe(11);
    expect(MOST_INFORMATION_TIMEOUT).toBe(3600 * SECOND);
  });
});
