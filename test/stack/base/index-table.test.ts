import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { IndexTable } from "../../../stack/base/index-table.ts";

/** The indices under a hash, in the order of the table. */
function under(table: IndexTable, hash: number): number[] {
  const found: number[] = [];
  for (let slot = table.first(hash); slot >= 0; slot = table.next(slot, hash)) found.push(table.at(slot));
  return found;
}

describe("a table of indices", () => {
  it("finds what was inserted, also among equal hashes", () => {
    const table = new IndexTable(4);
    table.insert(5, 0);
    table.insert(5, 1);
    table.insert(21, 2);
    expect([under(table, 5), under(table, 21), under(table, 37)]).toEqual([[0, 1], [2], []]);
    table.remove(5, 0);
    expect([under(table, 5), under(table, 21), table.size]).toEqual([[1], [2], 2]);
  });

  it("leaves an index alone that is not there under that hash", () => {
    const table = new IndexTable(4);
    table.insert(5, 0);
    table.remove(9, 0);
    table.remove(5, 3);
    expect([under(table, 5), table.size]).toEqual([[0], 1]);
  });

  it("grows beyond what it was made for", () => {
    const table = new IndexTable(2);
    for (let i = 0; i < 1000; i++) table.insert(Math.imul(i, 0x9e3779b1), i);
    for (let i = 0; i < 1000; i++) expect(under(table, Math.imul(i, 0x9e3779b1))).toEqual([i]);
  });

  it("agrees with a list, whatever is inserted and removed", () => {
    // Few hashes, many of them at the table's end: runs wrap around.
    const steps = fc.array(fc.tuple(fc.constantFrom(0, 1, 2, 14, 15, 30, 31, -1, -16), fc.nat(15)), { maxLength: 80 });
    fc.assert(
      fc.property(steps, (list) => {
        const table = new IndexTable(16);
        // By index: the hash under which it is in the table.
        const model: number[] = [];
        const absent = 1000;
        let size = 0;
        for (let i = 0; i < 16; i++) model.push(absent);
        for (const [hash, index] of list) {
          const known = model[index]!;
          if (known === absent) {
            table.insert(hash, index);
            model[index] = hash;
            size++;
          } else {
            table.remove(known, index);
            model[index] = absent;
            size--;
          }
        }
        expect(table.size).toBe(size);
        for (const hash of [0, 1, 2, 14, 15, 30, 31, -1, -16]) {
          const expected: number[] = [];
          for (let i = 0; i < 16; i++) if (model[i] === hash) expected.push(i);
          expect(under(table, hash).sort((a, b) => a - b)).toEqual(expected);
        }
      }),
    );
  });
});
