// What a network card may do for us, as one set of bits: from the boot parameters, which can take any of them away, to
// the drivers, which ask the card for what is in the set. The machine works without any of them.

/** The card completes the checksum of what we send. */
export const OFFLOAD_SEND_CHECKSUM = 1;
/** The card vouches for the checksum of what it received, or hands over frames whose checksum was never computed. */
export const OFFLOAD_RECEIVE_CHECKSUM = 2;
/** The card cuts large TCP segments; needs OFFLOAD_SEND_CHECKSUM. */
export const OFFLOAD_SEGMENTATION = 4;
/** A frame may be spread over several receive buffers (virtio: MRG_RXBUF). */
export const OFFLOAD_MERGEABLE = 8;
/** Notifications and interrupts by index, not by flag (virtio: EVENT_IDX). */
export const OFFLOAD_EVENT_INDEX = 16;

export const ALL_OFFLOADS = 31;
