// The port through which frames leave and enter: implemented by virtio-net, by the TAP, and by fakes in test/.
//
// Sending is a write into a slot that the link owns, plus at most one range of foreign bytes that leaves from where it
// lies: no copy of a body, no object per frame.
//
//   const at = link.reserve();            // offset of a free slot in link.slots, or -1: the ring is full
//   ... write up to SLOT_SIZE header and payload bytes at link.slots[at] ...
//   link.send(at, headLength, payload, payloadOffset, payloadLength);
//
// Receiving is a call of Host.receive with a range of the link's own buffer, valid only during the call.

/** Bytes a slot holds: a full Ethernet frame with a VLAN tag and a margin. */
export const SLOT_SIZE = 2048;

export abstract class Link {
  /** This card's address. */
  abstract readonly mac: number;
  /** Largest IP packet that a frame carries (1500 on Ethernet). */
  abstract readonly mtu: number;
  /** True: the link completes TCP and UDP checksums (see `checksumStart`). */
  abstract readonly checksumOffload: boolean;
  /** True: the link cuts a large TCP segment into `segmentSize` pieces (TSO, IPv4). Implies checksumOffload. */
  abstract readonly segmentOffload: boolean;
  /** Where frames to send are written, SLOT_SIZE bytes each. */
  abstract readonly slots: Uint8Array;

  // What the next `send` asks of the device; `send` sets them back to 0.
  /** Offset in the frame from which to sum, 0 for no offload; the pseudo-header's sum is already in the field. */
  checksumStart = 0;
  /** Offset of the checksum field from `checksumStart`. */
  checksumOffset = 0;
  /** Payload bytes a segment when the frame is larger than the MTU (TSO); 0 for none. `headLength` then covers the headers exactly. */
  segmentSize = 0;

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
}

/** The payload argument of a frame that lies wholly in its slot. */
export const NO_PAYLOAD: Uint8Array = new Uint8Array(0);
