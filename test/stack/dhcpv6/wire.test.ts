import { describe, expect, test } from "vitest";
import type { Mac } from "../../../stack/base/address.ts";
import { formatIpv6, UNSPECIFIED } from "../../../stack/base/address6.ts";
import { copyBytes } from "../../../stack/base/native.ts";
import { DOMAIN_LIMIT, NAME_SERVER_LIMIT, TIME_SERVER_LIMIT } from "../../../stack/dhcpv6/settings.ts";
import {
  DHCPV6_IDENTIFIER,
  DHCPV6_NOT_AN_ANSWER,
  DHCPV6_OPTION,
  DHCPV6_TRUNCATED,
  Dhcpv6Answer,
  Dhcpv6Request,
  DUID_LIMIT,
  decode,
  encode,
  LONGEST_REQUEST,
  WORDS_LIMIT,
} from "../../../stack/dhcpv6/wire.ts";
import { toHex } from "../../support/bytes.ts";
import {
  address,
  association,
  clientIdentifier,
  lent,
  message,
  names,
  type Option,
  option,
  serverIdentifier,
  status,
  text,
  u16,
  u32,
} from "./server.ts";

const MAC = 0x525400123456 as Mac;
const US = clientIdentifier(MAC);
const SERVER = serverIdentifier(1);
const OURS = "2001:db8::10";

function written(type: number, server = "", where = "::"): string {
  const request = new Dhcpv6Request();
  request.type = type;
  request.transaction = 0xff123456;
  request.mac = MAC;
  request.elapsed = 70_000;
  request.serverLength = server.length;
  copyBytes(request.server, 0, text(server), 0, server.length);
  copyBytes(request.address, 0, address(where), 0, 16);
  const into = new Uint8Array(LONGEST_REQUEST);
  return toHex(into.slice(0, encode(into, request)));
}

function read(bytes: Uint8Array, held = "::"): Dhcpv6Answer {
  const answer = new Dhcpv6Answer();
  expect(decode(bytes, 0, bytes.length, MAC, address(held), answer)).toBe(0);
  return answer;
}

function refused(bytes: Uint8Array): number {
  return decode(bytes, 0, bytes.length, MAC, UNSPECIFIED, new Dhcpv6Answer());
}

function reply(...options: readonly Option[]): Uint8Array {
  return message(7, 0x123456, US, SERVER, ...options);
}

describe("messages of a client", () => {
  const head = (type: string): string => `${type}1234560001000a0003000152540012345600080002ffff`;
  const wanted = "0006000a00170018001f00380052";

  test("a Solicit asks for any address, at once (RFC 8415 18.2.1)", () => {
    expect(written(1)).toBe(`${head("01")}000e00000003000c001234560000000000000000${wanted}`);
  });

  test("a Request names the server and the address (18.2.2)", () => {
    const inner = "0005001820010db80000000000000000000000100000000000000000";
    expect(written(3, "srv", OURS)).toBe(
      `${head("03")}00020003737276000300280012345600000000000000 00${inner}${wanted}`.replace(" ", ""),
    );
  });

  test("Confirm and Decline ask for nothing else (18.2.3, 18.2.8)", () => {
    const inner = "0005001820010db80000000000000000000000100000000000000000";
    expect(written(4, "", OURS)).toBe(`${head("04")}00030028001234560000000000000000${inner}`);
    expect(written(9, "s", OURS)).toBe(`${head("09")}000200017300030028001234560000000000000000${inner}`);
  });

  test("an Information-request has no association (18.2.6)", () => {
    expect(written(11)).toBe(`${head("0b")}0006000c00170018001f003800200053`);
  });

  test("the longest fits where it is written", () => {
    const length = written(3, "x".repeat(DUID_LIMIT), OURS).length / 2;
    expect(length).toBeGreaterThan(200);
    expect(length <= LONGEST_REQUEST).toBe(true);
  });
});

describe("answers of servers", () => {
  test("an address with its times, and what else is told", () => {
    const answer = read(
      reply(
        association(MAC, 100, 160, lent(OURS, 200, 300)),
        option(23, address("2001:db8::53"), address("fe80::53")),
        option(24, names("example.com", "lan")),
        option(31, address("2001:db8::123")),
        option(
          56,
          option(1, address("2001:db8::124")),
          option(2, address("ff05::101")),
          option(3, names("ntp.example")),
        ),
        option(32, u32(1200)),
        option(82, u32(120)),
        option(83, u32(240)),
        option(14),
      ),
    );
    expect([answer.type, answer.transaction, answer.rapidCommit]).toEqual([7, 0x123456, true]);
    expect([formatIpv6(answer.address, 0), answer.preferred, answer.valid]).toEqual([OURS, 200, 300]);
    expect([answer.renewal, answer.rebinding, answer.refresh]).toEqual([100, 160, 1200]);
    expect([answer.mostSolicit, answer.mostInformation]).toEqual([120, 240]);
    expect(answer.settings.nameServers).toEqual(["2001:db8::53", "fe80::53"]);
    expect(answer.settings.search).toEqual(["example.com", "lan"]);
    expect(answer.settings.timeServers).toEqual(["2001:db8::123", "2001:db8::124", "ntp.example"]);
  });

  test("what an earlier answer said is not seen in the next", () => {
    const answer = new Dhcpv6Answer();
    const full = reply(association(MAC, 1, 2, lent(OURS, 3, 4)), status(1, "no"), option(14), option(82, u32(60)));
    expect(decode(full, 0, full.length, MAC, UNSPECIFIED, answer)).toBe(0);
    const kept = answer.settings;
    const empty = reply();
    expect(decode(empty, 0, empty.length, MAC, UNSPECIFIED, answer)).toBe(0);
    expect([answer.valid, answer.status, answer.mostSolicit, answer.renewal]).toEqual([0, 0, -1, 0]);
    expect([answer.association, answer.rapidCommit, answer.words === ""]).toEqual([false, false, true]);
    expect(kept === answer.settings).toBe(false);
  });

  test("of several addresses the one that we have is taken, else the first that can be", () => {
    const several = association(MAC, 0, 0, lent("2001:db8::1", 9, 8), lent("2001:db8::2", 5, 8), lent(OURS, 6, 9));
    expect(formatIpv6(read(reply(several)).address, 0)).toBe("2001:db8::2");
    expect(formatIpv6(read(reply(several), OURS).address, 0)).toBe(OURS);
  });

  test("an address whose lifetime is 0 is taken away, another's is not ours", () => {
    const gone = association(MAC, 0, 0, lent(OURS, 0, 0));
    expect([read(reply(gone), OURS).withdrawn, read(reply(gone)).withdrawn]).toEqual([true, false]);
  });

  test("an association of another card, or with T1 beyond T2, counts for nothing", () => {
    expect(read(reply(association((MAC + 1) as Mac, 0, 0, lent(OURS, 1, 2)))).valid).toBe(0);
    const nonsense = read(reply(association(MAC, 9, 8, lent(OURS, 1, 2))));
    expect([nonsense.valid, nonsense.association]).toEqual([0, false]);
  });

  test("a status has words that can be shown, and not too many", () => {
    const answer = read(reply(association(MAC, 0, 0, status(2, `n\u0000${"o".repeat(400)}`))));
    expect([answer.associationStatus, answer.status]).toEqual([2, 0]);
    expect(answer.words.length).toBe(WORDS_LIMIT);
    expect(answer.words.startsWith("n?oo")).toBe(true);
  });

  test("lists have bounds, and hold what can be asked, once", () => {
    const many: Uint8Array[] = [address("::"), address("ff02::1"), address("::1"), address("2001:db8::1")];
    for (let i = 1; i < 9; i++) many.push(address(`2001:db8::${i}`));
    const labels = "a b c d e f g h".split(" ");
    const answer = read(
      reply(option(23, ...many), option(31, ...many), option(24, names(...labels)), option(24, u16(0x6161))),
    );
    expect(answer.settings.nameServers).toEqual(["2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8::4"]);
    expect(answer.settings.nameServers.length).toBe(NAME_SERVER_LIMIT);
    expect(answer.settings.timeServers.length).toBe(TIME_SERVER_LIMIT);
    expect(answer.settings.search.length).toBe(DOMAIN_LIMIT);
  });

  test("what is damaged, or not for us, is refused", () => {
    expect(refused(new Uint8Array(3))).toBe(DHCPV6_TRUNCATED);
    for (const type of [0, 1, 3, 10, 12, 13, 255])
      expect(refused(message(type, 1, US, SERVER))).toBe(DHCPV6_NOT_AN_ANSWER);
    const whole = reply(association(MAC, 1, 2, lent(OURS, 3, 4)));
    expect(refused(whole.slice(0, whole.length - 1))).toBe(DHCPV6_OPTION);
    expect(refused(reply(association(MAC, 1, 2, lent(OURS, 3, 4).slice(0, 27))))).toBe(DHCPV6_OPTION);
    expect(refused(message(7, 1, US))).toBe(DHCPV6_IDENTIFIER);
    expect(refused(message(7, 1, SERVER))).toBe(DHCPV6_IDENTIFIER);
    expect(refused(message(7, 1, clientIdentifier((MAC + 1) as Mac), SERVER))).toBe(DHCPV6_IDENTIFIER);
    expect(refused(message(7, 1, US, option(2, u16(1))))).toBe(DHCPV6_IDENTIFIER);
    expect(refused(message(7, 1, US, option(2, new Uint8Array(DUID_LIMIT + 1))))).toBe(DHCPV6_IDENTIFIER);
    expect(refused(message(7, 1, US, option(2, new Uint8Array(DUID_LIMIT))))).toBe(0);
  });
});
