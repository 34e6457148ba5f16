// Requests, responses and flags of a network card's two rings. Read: Xen public/io/netif.h.

/** struct netif_tx_request, the larger of what a place holds. */
export const TRANSMIT_ENTRY = 12;
/** struct netif_rx_request and netif_rx_response. */
export const RECEIVE_ENTRY = 8;

// NETTXF_
export const SEND_CHECKSUM_BLANK = 1;
export const SEND_DATA_VALIDATED = 2;
export const SEND_MORE_DATA = 4;
export const SEND_EXTRA_INFO = 8;

// NETRXF_
export const RECEIVED_DATA_VALIDATED = 1;
export const RECEIVED_CHECKSUM_BLANK = 2;
export const RECEIVED_MORE_DATA = 4;
export const RECEIVED_EXTRA_INFO = 8;

// struct netif_extra_info.
export const EXTRA_GSO = 1;
export const GSO_TCPV4 = 1;
export const GSO_TCPV6 = 2;

// NETIF_RSP_: what a response says. NULL is the response to extra information.
export const RESPONSE_OKAY = 0;
export const RESPONSE_NULL = 1;

/** A frame is of so many requests at the most (XEN_NETIF_NR_SLOTS_MIN). */
export const MOST_SLOTS = 18;
/** And so long: its size is 16 bits. */
export const MOST_SEND = 0xffff;

/** How a backend can break the rules of a card. */
export const FAULT_NONE = 0;
/** It has answered more than it was asked. */
export const FAULT_RESPONSES = 1;
/** It has answered what was not asked. */
export const FAULT_ID = 2;
/** It has written more than a page, or beyond its end. */
export const FAULT_LENGTH = 3;
/** It sends extra information, which was not agreed on. */
export const FAULT_EXTRA = 4;
/** It has gone away by itself. */
export const FAULT_CLOSED = 5;
/** It does not come back as it was. */
export const FAULT_START = 6;
/** The machine was suspended. */
export const FAULT_SUSPENDED = 7;

export function netFaultText(fault: number): string {
  switch (fault) {
    case FAULT_NONE:
      return "no fault";
    case FAULT_RESPONSES:
      return "it answered more requests than it was given";
    case FAULT_ID:
      return "it answered a request that it did not have";
    case FAULT_LENGTH:
      return "it wrote beyond the end of a page, by its own account";
    case FAULT_EXTRA:
      return "it sent extra information that it was not asked for";
    case FAULT_CLOSED:
      return "its backend closed";
    case FAULT_START:
      return "it does not come back as it was";
    case FAULT_SUSPENDED:
      return "the machine was suspended";
    default:
      return `fault ${fault}`;
  }
}
