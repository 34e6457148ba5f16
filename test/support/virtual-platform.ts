// The appliance's Platform with a clock that stands still until it is moved, and a Network that keeps what it is given.

import type { Platform } from "../../appliance/platform.ts";
import { gzip } from "../../image/gzip.ts";
import { HmacSha256 } from "../../image/hmac.ts";
import type {
  HttpAnswer,
  HttpHandler,
  HttpRequest,
  HttpResponse,
  Listener,
  Network,
  ReadyResponse,
} from "../../stack/edge/network.ts";

export class VirtualPlatform implements Platform {
  /** Microseconds. */
  time = 0;
  /** Milliseconds since 1970 at time 0. */
  start: number;
  output = "";
  /** Milliseconds of every sleep that was longer than a yield. */
  readonly sleeps: number[] = [];
  #timers: { readonly at: number; readonly run: () => void }[] = [];

  constructor(start = 1_780_000_000_000) {
    this.start = start;
  }
  now(): number {
    return this.time;
  }
  wallClock(): number {
    return this.start + Math.floor(this.time / 1000);
  }
  sleep(ms: number): Promise<void> {
    if (ms > 1) this.sleeps.push(ms);
    return ms <= 0 ? Promise.resolve() : new Promise((resolve) => this.timer(ms, resolve));
  }
  timer(ms: number, callback: () => void): () => void {
    const timer = { at: this.time + ms * 1000, run: callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }
  /** Lets everything happen that is due within the milliseconds, in order. */
  async advance(ms: number): Promise<void> {
    const end = this.time + ms * 1000;
    await settle();
    for (;;) {
      this.#timers.sort((a, b) => a.at - b.at);
      const next = this.#timers[0];
      if (next === undefined || next.at > end) break;
      this.#timers.shift();
      this.time = Math.max(this.time, next.at);
      next.run();
      await settle();
    }
    this.time = end;
  }
  random(length: number): Uint8Array | undefined {
    return new Uint8Array(length).map(() => 255);
  }
  sha1 = nativeSha1;
  sha256 = nativeSha256;
  hmacSha256(key: Uint8Array): HmacSha256 {
    return new HmacSha256(key);
  }
  gzip = gzip;
  inflate(): undefined {
    return undefined;
  }
  crc32(bytes: Uint8Array): number {
    return nativeCrc32(bytes, 0);
  }
  utf8Encode = nativeUtf8Encode;
  utf8Decode(bytes: Uint8Array, offset = 0, length = bytes.length - offset): string {
    return nativeUtf8Decode(bytes, offset, length);
  }
  latin1Decode = nativeLatin1Decode;
  console(text: string): void {
    this.output += text;
  }
  powerOff(status: number): never {
    throw new Error(`power off ${status}`);
  }
  used = 0;
  heapUsed(): number {
    return this.used;
  }
  heapLimit(): number {
    return 64 * 1024 * 1024;
  }
  heapLargest(): number {
    return this.heapLimit() - this.used;
  }
  /** What the next attempts end with, one for each; then they come to their end. */
  readonly attempts: ("" | "memory" | "work")[] = [];
  /** Units of work, which a test may count up within an attempt. */
  work = 0;
  attempt(work: () => void, _keep: number, most: number): "" | "memory" | "work" {
    const planned = this.attempts.shift() ?? "";
    if (planned !== "") return planned;
    const before = this.work;
    work();
    return this.work - before >= most ? "work" : "";
  }
  worked(): number {
    return this.work;
  }
  collect(): void {}
}

/** Runs what waits for nothing but other promises. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 200; i++) await Promise.resolve();
}

export class RecordingNetwork implements Network {
  readonly ready = new Map<string, ReadyResponse[]>();
  publications = 0;
  handler: HttpHandler | undefined;
  /** What was published and let go of at once: path and bytes. */
  readonly sentOnce: string[] = [];
  async resolve(): ReturnType<Network["resolve"]> {
    return { ok: false, error: { kind: "no-resolver" } };
  }
  async connect(): ReturnType<Network["connect"]> {
    return { ok: false, error: { kind: "refused" } };
  }
  async startTls(): ReturnType<Network["startTls"]> {
    return { ok: true, value: undefined };
  }
  sendDatagram(): boolean {
    return true;
  }
  /** What it was told to listen to, in order. */
  readonly listening: string[] = [];
  serve({ port, secure, action, strictFor }: Listener, handler: HttpHandler): ReturnType<Network["serve"]> {
    this.listening.push(
      `${port} ${secure ? "secure " : ""}${action.kind}${strictFor === undefined ? "" : ` strict ${strictFor}`}`,
    );
    this.handler = handler;
    return { ok: true, value: undefined };
  }
  present(): readonly [] {
    return [];
  }
  retain(paths: Iterable<string>): void {
    this.publications++;
    const kept = new Set(paths);
    for (const path of this.ready.keys()) if (!kept.has(path)) this.ready.delete(path);
  }
  /** Bytes that are held by answers under way: what `makeRoom` cannot free. */
  inFlight = 0;
  /** What was asked of it: bytes, and for whom. */
  readonly roomAsked: string[] = [];
  makeRoom(bytes: number, peer: string): number {
    this.roomAsked.push(`${bytes} ${peer}`);
    return this.inFlight;
  }
  forget(path: string): void {
    for (const { body } of this.ready.get(path) ?? []) this.sentOnce.push(`${path} ${body.length}`);
    this.ready.delete(path);
  }
  publish(response: ReadyResponse): void {
    const others = (this.ready.get(response.path) ?? []).filter(({ encoding }) => encoding !== response.encoding);
    this.ready.set(response.path, [...others, response]);
  }
}

/** What a client without wishes of its own is sent: the answer itself, or what the table has for the path. */
export function shown(network: RecordingNetwork, target: string, answer: HttpAnswer): HttpResponse {
  if (answer !== "ready") return answer;
  const path = target.replace(/\?.*$/, "").replace(/\/\/+/g, "/");
  const identity = network.ready.get(path)?.find(({ encoding }) => encoding === "");
  return identity ?? { status: 0, headers: [], body: new Uint8Array(0) };
}

/** Pieces of a body, as a request's `read`. */
export function bodyOf(...pieces: readonly Uint8Array[]): HttpRequest["read"] {
  const left = [...pieces];
  return async () => ({ ok: true, value: left.shift() });
}

export function request(target: string, options: Partial<Omit<HttpRequest, "target">> = {}): HttpRequest {
  return { method: "GET", headers: [], read: bodyOf(), peer: "10.0.0.1", ...options, target };
}

export function headerOf(response: HttpResponse, name: string): string | undefined {
  return response.headers.find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
}

export function textOf(response: { readonly body: Uint8Array }): string {
  return nativeUtf8Decode(response.body, 0, response.body.length);
}
