/// <reference path="../../image/native.d.ts" />
// Below the seam of a program whose card breaks a promise while a frame is being answered: what must be said then is which
// frame that was.

import { type FrameReceiver, Link, SLOT_SIZE } from "../../stack/base/link.ts";
import type { Instant } from "../../stack/base/result.ts";
import { attach } from "../../stack/host/seam.ts";
import { echoPayload, ipv4Frame, Route } from "../support/packets.ts";

const MAC = 0x020000000001;

class Breaking extends Link {
  private given = false;

  constructor() {
    super();
    this.mac = MAC;
    this.slots = new Uint8Array(SLOT_SIZE);
  }

  override reserve(): number {
    if (this.given) throw new Error("no slot on purpose");
    return -1;
  }

  override send(_slot: number, _head: number, _payload: Uint8Array, _offset: number, _length: number): void {}

  override poll(receiver: FrameReceiver, _now: Instant): boolean {
    this.given = true;
    const route = new Route(0x020000000002, MAC, 0x0a000002, 0x0a000001);
    const frame = ipv4Frame(route, 1, 1, new Uint8Array(0), echoPayload(new Uint8Array(4)));
    receiver.receive(frame, 0, frame.length, false);
    return true;
  }
}

/** Puts a host on that card. */
export function start(): void {
  attach(new Breaking(), new Uint8Array(64), 1 << 24, 0);
}
