// Registers and descriptors of Intel's 8254x and 82574 network cards, as far as they are used. Read: PCI/PCI-X Family of
// Gigabit Ethernet Controllers Software Developer's Manual (317453), 3.2.3 (receive descriptors), 3.3.3 (legacy transmit
// descriptors), 13.4 (registers); 82574 GbE Controller Family Datasheet, 10.2.

/** 13.4: offsets in BAR 0. */
export const CTRL = 0x0000;
export const STATUS = 0x0008;
export const ICR = 0x00c0;
export const IMS = 0x00d0;
export const IMC = 0x00d8;
export const RCTL = 0x0100;
export const TCTL = 0x0400;
export const TIPG = 0x0410;
/** Of a ring: base (two words), length in bytes, head, tail. */
export const RDBAL = 0x2800;
export const TDBAL = 0x3800;
export const RING_HIGH = 4;
export const RING_LENGTH = 8;
export const RING_HEAD = 0x10;
export const RING_TAIL = 0x18;
export const MTA = 0x5200;
export const MTA_WORDS = 128;
export const RAL0 = 0x5400;
export const RAH0 = 0x5404;
/** Of the registers so much is mapped. */
export const REGISTERS_LENGTH = 0x6000;

export const CTRL_LINK_RESET = 1 << 3;
export const CTRL_AUTO_SPEED = 1 << 5;
export const CTRL_SET_LINK_UP = 1 << 6;
export const CTRL_INVERT_LOSS = 1 << 7;
export const CTRL_RESET = 1 << 26;
export const CTRL_PHY_RESET = 1 << 31;
export const STATUS_LINK_UP = 1 << 1;

/** ICR, IMS: link status change, receive minimum threshold, overrun, receive timer (a frame has come). */
export const CAUSES = (1 << 2) | (1 << 4) | (1 << 6) | (1 << 7);

/** On, all groups, broadcasts, buffers of 2,048 bytes, without the frame check sequence. */
export const RCTL_ON = (1 << 1) | (1 << 4) | (1 << 15) | (1 << 26);
/** On, short frames padded, collision threshold 15 and distance 64 (13.4.33). */
export const TCTL_ON = (1 << 1) | (1 << 3) | (0x0f << 4) | (0x40 << 12);
/** 13.4.34: for copper. */
export const TIPG_COPPER = 10 | (8 << 10) | (6 << 20);

export const RAH_VALID = 0x80000000;

export const DESCRIPTOR_SIZE = 16;
/** 3.2.3: behind the address a length of 16 bits, and in the last word status, errors. */
export const DESCRIPTOR_LENGTH = 8;
export const DESCRIPTOR_STATUS = 12;
export const DONE = 1;
export const END_OF_PACKET = 2;
/** CRC, symbol, sequence, carrier extension and data errors (3.2.3.2). */
export const RECEIVE_ERRORS = 0x97 << 8;
/** 3.3.3.1, in the word of length, checksum offset and command: last of a frame, insert the frame check sequence, report. */
export const COMMAND_END = 1 << 24;
export const COMMAND_FCS = 1 << 25;
export const COMMAND_REPORT = 1 << 27;
