// A switch with two ports for QEMU's `-netdev stream` sockets (a 4-byte big-endian length before each frame), which can
// drop, duplicate, reorder and mark (RFC 3168) by a seed, and write what passes into a pcap file.

import { createWriteStream, rmSync, type WriteStream } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { encodeFileHeader, encodeRecordHeader, FILE_HEADER, RECORD_HEADER } from "../stack/links/pcap.ts";

export interface Faults {
  /** Probabilities, 0 to 1, for each frame. */
  readonly drop: number;
  readonly duplicate: number;
  readonly reorder: number;
  /** Of frames that can be: the router says that it is congested. */
  readonly mark?: number;
  readonly seed: number;
}

/** Bytes before each frame on a socket, that say how long it is. */
const LENGTH_PREFIX = 4;
/** A frame longer than this is not a frame: the peer is out of step. */
const FRAME_LIMIT = 70_000;
/** A frame that is held back is sent after the next one, or after this time. */
const HOLD_MS = 20;
const ETHERNET = 14;
const IPV4_HEADER = 20;
/** The codepoint of congestion, and the bits of a codepoint. */
const CE = 3;

/** xorshift32: the same faults for the same seed. */
export function random(seed: number): () => number {
  let x = seed | 0 || 1;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) / 2 ** 32;
  };
}

/** RFC 3168 5: makes ECT(0) or ECT(1) of a frame's IP header CE. False: it has neither. */
export function markFrame(frame: Uint8Array): boolean {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (frame.length < ETHERNET + IPV4_HEADER) return false;
  const type = view.getUint16(12);
  if (type === 0x86dd) {
    const codepoint = (frame[ETHERNET + 1]! >>> 4) & CE;
    if (codepoint === 0 || codepoint === CE) return false;
    frame[ETHERNET + 1] = frame[ETHERNET + 1]! | (CE << 4);
    return true;
  }
  const codepoint = frame[ETHERNET + 1]! & CE;
  if (type !== 0x0800 || codepoint === 0 || codepoint === CE) return false;
  frame[ETHERNET + 1] = frame[ETHERNET + 1]! | CE;
  view.setUint16(ETHERNET + 10, 0);
  let sum = 0;
  for (let at = 0; at < (frame[ETHERNET]! & 15) * 4; at += 2) sum += view.getUint16(ETHERNET + at);
  sum = (sum & 0xffff) + (sum >>> 16);
  view.setUint16(ETHERNET + 10, ~(sum + (sum >>> 16)) & 0xffff);
  return true;
}

export class Switch {
  readonly #servers: Server[] = [];
  readonly #ports: Array<Socket | undefined> = [undefined, undefined];
  readonly #faults: Faults;
  readonly #random: () => number;
  readonly #pcap: WriteStream | undefined;
  readonly #watch: (frame: Uint8Array, to: 0 | 1) => void;
  readonly counts = { frames: 0, dropped: 0, duplicated: 0, reordered: 0, marked: 0 };

  /** `watch` sees each frame that goes on, and to which port. */
  constructor(faults: Faults, pcapFile?: string, watch: (frame: Uint8Array, to: 0 | 1) => void = () => {}) {
    this.#watch = watch;
    this.#faults = faults;
    this.#random = random(faults.seed);
    if (pcapFile !== undefined) {
      this.#pcap = createWriteStream(pcapFile);
      const header = new Uint8Array(FILE_HEADER);
      encodeFileHeader(header, FRAME_LIMIT);
      this.#pcap.write(header);
    }
  }

  /** Listens on a Unix socket for port 0 or 1. */
  async listen(port: 0 | 1, path: string): Promise<void> {
    rmSync(path, { force: true });
    const server = createServer((socket) => {
      this.#ports[port] = socket;
      this.#serve(socket, port);
    });
    this.#servers.push(server);
    await new Promise<void>((resolve) => server.listen(path, resolve));
  }

  close(): void {
    for (const socket of this.#ports) socket?.destroy();
    for (const server of this.#servers) server.close();
    this.#pcap?.end();
  }

  #serve(socket: Socket, port: 0 | 1): void {
    let pending = Buffer.alloc(0);
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 4) {
        const length = pending.readUInt32BE(0);
        if (length > FRAME_LIMIT) {
          socket.destroy();
          return;
        }
        if (pending.length < 4 + length) break;
        this.#pass(pending.subarray(0, 4 + length), port === 0 ? 1 : 0);
        pending = pending.subarray(4 + length);
      }
    });
  }

  readonly #held: Array<Buffer | undefined> = [undefined, undefined];

  #pass(framed: Buffer, to: 0 | 1): void {
    this.counts.frames++;
    const { drop, duplicate, reorder, mark } = this.#faults;
    if (this.#random() < drop) {
      this.counts.dropped++;
      return;
    }
    const copy = Buffer.from(framed);
    if (mark !== undefined && this.#random() < mark && markFrame(copy.subarray(LENGTH_PREFIX))) this.counts.marked++;
    if (this.#held[to] === undefined && this.#random() < reorder) {
      this.counts.reordered++;
      this.#held[to] = copy;
      setTimeout(() => this.#release(to), HOLD_MS).unref();
      return;
    }
    this.#write(copy, to);
    if (this.#random() < duplicate) {
      this.counts.duplicated++;
      this.#write(copy, to);
    }
    this.#release(to);
  }

  #release(to: 0 | 1): void {
    const held = this.#held[to];
    this.#held[to] = undefined;
    if (held !== undefined) this.#write(held, to);
  }

  #write(framed: Buffer, to: 0 | 1): void {
    this.#ports[to]?.write(framed);
    this.#watch(framed.subarray(LENGTH_PREFIX), to);
    if (this.#pcap === undefined) return;
    const header = new Uint8Array(RECORD_HEADER);
    const length = framed.length - LENGTH_PREFIX;
    encodeRecordHeader(header, 0, Date.now() * 1000, length, length);
    this.#pcap.write(header);
    this.#pcap.write(framed.subarray(LENGTH_PREFIX));
  }
}
