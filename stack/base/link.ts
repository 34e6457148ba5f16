// The port through which frames leave and enter: implemented by virtio-net, by the TAP, and by fakes in test/.
//
// Sending is a write into a slot that the link owns, plus at most one range of foreign bytes that leaves from where it
// lies: no copy of a body, no object per frame.
//
//   const at = link.reserve();            // offset of a free slot in link.slots, or -1: the ring is full
//   ... write up to SLOT_SIZE header and payload bytes at link.slots[at] ...
//   link.send(at, headLength, payload, payloadOffset, payloadLength);
//
// What was sent leaves at the latest with `flush`, which the host calls once at the end of its step: one notification
// of the device for all of it.
//
// Receiving is `link.poll(receiver, now)`: a call of receiver.receive for each frame that has come.
//
//   if (link.poll(receiver, now)) ... step, then poll again before sleeping: interrupts are armed only by a poll
//                                     that finds nothing
//   sleep until min(own deadline, link.nextDeadline())

import { type Instant, MILLISECOND, NEVER } from "./result.ts";

/** Bytes a slot holds: a full Ethernet frame with a VLAN tag and a margin. */
export const SLOT_SIZE = 2048;

/** When a ring that was full is looked at again: it frees itself without an interrupt. */
export const RING_FULL_PAUSE: Instant = MILLISECOND;

/** The payload argument of a frame that lies wholly in its slot. */
export const NO_PAYLOAD: Uint8Array = new Uint8Array(0);

/** Who takes the frames of a link. */
export abstract class FrameReceiver {
  /**
   * One frame, from the Ethernet header on, without FCS; the range is the link's own and valid only during the call.
   * `checksumValid`: the link vouches for the TCP or UDP checksum, and the field need not hold it (a frame that never
   * was on a wire carries the pseudo-header's sum alone).
   */
  abstract receive(bytes: Uint8Array, offset: number, length: number, checksumValid: boolean): void;
}

export abstract class Link {
  // What the card is: its class sets these in its constructor. (Fields, not abstract properties: those do not compile.)
  /** This card's address. */
  mac = 0;
  /** Largest IP packet that a frame carries (1500 on Ethernet). */
  mtu = 1500;
  /** True: the link completes TCP and UDP checksums (see `checksumStart`). */
  checksumOffload = false;
  /** True: the link cuts a large TCP segment into `segmentSize` pieces (TSO, IPv4). Implies checksumOffload. */
  segmentOffload = false;
  /** The same of IPv6. */
  segmentOffload6 = false;
  /** Where frames to send are written, SLOT_SIZE bytes each. */
  slots: Uint8Array = NO_PAYLOAD;

  // What the next `send` asks of the device; `send` sets them back to 0.
  /** Offset in the frame from which to sum, 0 for no offload; the pseudo-header's sum is already in the field. */
  checksumStart = 0;
  /** Offset of the checksum field from `checksumStart`. */
  checksumOffset = 0;
  /**
   * Payload bytes a segment when the frame is larger than the MTU (TSO); 0 for none. `headLength` covers the headers at
   * least: the beginning of the payload may follow them in the slot. The frame's type says of which family it is.
   */
  segmentSize = 0;

  /** False while the card says that it has no carrier, or is being reset. */
  up = true;

  /** Offset of a free slot in `slots`, or -1 when the transmit ring is full: try again after the link has been polled. */
  abstract reserve(): number;
  /**
   * Sends the slot's first `headLength` bytes followed by the payload range. The payload must not change until the
   * link has let go of it. Bytes of published responses and of queued TCP data never change.
   */
  abstract send(
    slot: number,
    headLength: number,
    payload: Uint8Array,
    payloadOffset: number,
    payloadLength: number,
  ): void;

  /** Tells the device of everything sent since the last call. */
  flush(): void {}

  /**
   * Hands the frames that have come to the receiver, a bounded number a call, and takes back what has been sent. True:
   * there were some, so poll again before sleeping. False: nothing waits, and the next frame wakes the machine.
   */
  poll(_receiver: FrameReceiver, _now: Instant): boolean {
    return false;
  }

  /** Frames that came and did not get beyond the card and its driver. */
  lostIn(): number {
    return 0;
  }
  /** Frames of ours that it did not send. */
  lostOut(): number {
    return 0;
  }

  /** When to poll at the latest although nothing has come. */
  nextDeadline(): Instant {
    return NEVER;
  }
}
