import { expect, test } from "vitest";
import type { Port } from "../../../stack/base/address.ts";
import { SECOND } from "../../../stack/base/result.ts";
import { type Datagram, UdpUser } from "../../../stack/udp/machine.ts";
import { NO_FAULTS } from "../../support/wire.ts";
import { CLIENT, Pair } from "./pair.ts";

class Receiver extends UdpUser {
  readonly lines: string[] = [];

  override datagram({ bytes, offset, length }: Datagram): void {
    this.lines.push(String.fromCharCode(...bytes.subarray(offset, offset + length)));
  }
}

function ask(pair: Pair, path: string): void {
  const text = `GET ${path} HTTP/1.1\r\nHost: a\r\nUser-Agent: test/1\r\nConnection: close\r\n\r\n`;
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  pair.exchange(bytes);
}

test("each answered request is one RFC 5424 datagram with the time of its answer", () => {
  const pair = new Pair(NO_FAULTS, 11);
  const receiver = new Receiver();
  pair.client.udp.bind(514 as Port, receiver);
  pair.server.web.access.setReceiver(CLIENT, 514 as Port, "blog.example");
  pair.server.web.http.ready.put("/", 200, "Content-Type: text/plain\r\n", '"a"', 0, "", new Uint8Array(10));
  ask(pair, "/");
  const later = pair.now + 1.25 * SECOND;
  pair.run(() => pair.now >= later, 2 * SECOND);
  ask(pair, "/?q=1");
  pair.run(() => receiver.lines.length >= 2, SECOND);
  expect(receiver.lines).toHaveLength(2);
  const [first, second] = receiver.lines.map((line) => line.split(" "));
  expect(answered(first!)).toBe("/");
  expect(answered(second!)).toBe("/?q=1");
  expect(milliseconds(second!) - milliseconds(first!)).toBeGreaterThanOrEqual(1200);
  expect(milliseconds(second!) - milliseconds(first!)).toBeLessThan(2100);
});

/** The target of a line; all else in it is as expected. */
function answered(words: readonly string[]): string {
  expect(words).toHaveLength(15);
  expect(words[0]).toBe("<30>1");
  expect(words.slice(2, 9).join(" ")).toBe("blog.example epiphyte - access - \u00ef\u00bb\u00bf10.0.0.2 GET");
  expect(words.slice(10, 12).join(" ")).toBe("200 10");
  expect(Number(words[12]!)).toBeGreaterThanOrEqual(0);
  expect(words.slice(13).join(" ")).toBe("us test/1");
  return words[9]!;
}

/** The last second and its milliseconds, of a time within ten seconds: 2023-11-14T22:13:2x.xxxZ. */
function milliseconds(words: readonly string[]): number {
  const time = words[1]!;
  expect(time).toHaveLength(24);
  expect(time.slice(0, 18)).toBe("2023-11-14T22:13:2");
  expect(time.slice(23)).toBe("Z");
  return Math.round(Number(time.slice(18, 23)) * 1000);
}
