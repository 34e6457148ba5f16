import { expect, test } from "vitest";
import { functionsOf, haltsIn } from "../../image/build/crashes.ts";

const LISTING = `
0000000000365240 <abort>:
  365240:	push   %rax
  36526d:	hlt
  36526e:	jne    36525c <abort+0x1c>

00000000003650e0 <__stack_chk_fail>:
  3650e0:	hlt
  3650e1:	ret
00000000001f4360 <halt_count>:
  1f4360:	call   1f4370 <hlt>
`;

test("each hlt is found with its function, and nothing else is", () => {
  expect(haltsIn(LISTING)).toEqual([
    { name: "abort", address: 0x36526d },
    { name: "__stack_chk_fail", address: 0x3650e0 },
  ]);
});

test("functions of an archive are told from data and from what it wants of others", () => {
  const symbols = `
abort.o:
0000000000000000 T abort
                 U raise
0000000000000000 D __abort_lock
0000000000000010 t helper
0000000000000020 W weak
`;
  expect(functionsOf(symbols)).toEqual(new Set(["abort", "helper", "weak"]));
});
