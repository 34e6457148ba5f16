/// <reference path="../native.d.ts" />
// The grant table: which of our pages which other domain may use. Read: Xen public/grant_table.h (version 1).
//
// What is granted are pages that belong to a driver for good, never a piece of the heap: so a grant is given once, and a
// domain that uses it longer than it said sees and spoils nothing but frames.

import { type Hal, PAGE_SIZE } from "../hal.ts";
import type { Hypercalls } from "./hypercalls.ts";
import { Pages } from "./pages.ts";

/** Pages of the table: three cards' worth. */
const TABLE_PAGES = 2;
const ENTRY_SIZE = 8;
/** The first entries belong to the tools of Xen. */
const FIRST_REFERENCE = 8;
export const MOST_GRANTS = (TABLE_PAGES * PAGE_SIZE) / ENTRY_SIZE;

const PERMIT_ACCESS = 1;
const READ_ONLY = 4;
/** Xen sets these while somebody has the page mapped. */
const IN_USE = 8 | 16;

export class GrantTable {
  private readonly hal: Hal;
  private readonly calls: Hypercalls;
  private readonly table: Pages;
  private next = FIRST_REFERENCE;

  constructor(calls: Hypercalls) {
    this.hal = calls.hal;
    this.calls = calls;
    this.table = new Pages(calls.hal, TABLE_PAGES);
  }

  /** Puts the table where we have it: at the start, and after the machine was suspended, when it is empty. */
  map(): boolean {
    for (let i = 0; i < TABLE_PAGES; i++)
      if (!this.calls.mapGrantTable(i, this.table.address + i * PAGE_SIZE)) return false;
    return true;
  }

  /** `count` references in a row, none of them granted; the first, or -1: no room. */
  take(count: number): number {
    if (this.next + count > MOST_GRANTS) return -1;
    const first = this.next;
    this.next += count;
    return first;
  }

  /** Grants the page at `address`. False: who had it before has it still. */
  grant(reference: number, domain: number, address: number, writable: boolean): boolean {
    const { hal } = this;
    const entry = this.entry(reference);
    if ((hal.sharedRead16(entry) & IN_USE) !== 0) return false;
    hal.sharedWrite16(entry, 0);
    hal.fence();
    hal.sharedWrite16(entry + 2, domain);
    hal.sharedWrite32(entry + 4, address / PAGE_SIZE);
    hal.fence();
    // The flags last: with them it is granted.
    hal.sharedWrite16(entry, writable ? PERMIT_ACCESS : PERMIT_ACCESS | READ_ONLY);
    return true;
  }

  private entry(reference: number): number {
    if (reference < FIRST_REFERENCE || reference >= this.next) throw new RangeError(`grant reference ${reference}`);
    return this.table.address + reference * ENTRY_SIZE;
  }
}
