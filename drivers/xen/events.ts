// How events reach us. Read: Xen public/xen.h (vcpu_info, shared_info), event_channel.h.
//
// An event sets a bit of its port, a bit for the word of that one, and when the latter was not set raises the interrupt.
// Which bit does not matter here: whoever was woken looks at every ring. So the bits are only ever cleared, all words of
// one port, before a ring is looked at for the last time before sleep; an event that comes later interrupts again.

import type { Hal } from "../hal.ts";
import { type Hypercalls, PARAM_CALLBACK_IRQ } from "./hypercalls.ts";

// struct shared_info: struct vcpu_info of the first processor at its beginning.
const UPCALL_PENDING = 0;
const SELECTOR = 8;
const PENDING = 0x800;
const MASK = 0xa00;
const MASK_WORDS = 128;
/** Interrupt 1 of the machine's own controllers, which is masked: never raised while there is a vector. */
const SOME_INTERRUPT = 1;

export class Events {
  /** False: this Xen cannot wake us, and its rings have to be polled. */
  readonly interrupts: boolean;
  private readonly hal: Hal;
  private readonly calls: Hypercalls;
  private readonly shared: number;
  private readonly vector: number;

  /** `shared` is the address of the shared page. */
  constructor(calls: Hypercalls, shared: number) {
    this.hal = calls.hal;
    this.calls = calls;
    this.shared = shared;
    this.vector = calls.hal.takeVector();
    this.interrupts = this.resume();
  }

  /** At the start, and after the machine was suspended. */
  resume(): boolean {
    for (let word = 0; word < MASK_WORDS; word++) this.hal.sharedWrite32(this.shared + MASK + 4 * word, 0);
    if (this.vector < 0 || !this.calls.setUpcallVector(this.vector)) return false;
    // By this parameter the tools of Xen see whether a machine with firmware has drivers that they can ask to shut it down.
    this.calls.setParameter(PARAM_CALLBACK_IRQ, SOME_INTERRUPT);
    return true;
  }

  /** The next event of this port interrupts. What came before is forgotten: look at the ring after this. */
  clear(port: number): void {
    const { hal, shared } = this;
    // Those that lead to the port's bit first: an event in between then sets them again.
    hal.sharedWrite32(shared + UPCALL_PENDING, 0);
    hal.sharedWrite32(shared + SELECTOR, 0);
    hal.sharedWrite32(shared + SELECTOR + 4, 0);
    hal.fence();
    hal.sharedWrite32(shared + PENDING + 4 * (port >>> 5), 0);
    hal.fence();
  }
}
