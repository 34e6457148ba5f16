// What `scriptc coverage` is pointed at: the seam's entry reaches all of the stack below it.

import { attach, poll } from "../../stack/host/seam.ts";
import { FakeLink } from "../support/fake-link.ts";

export function run(): number {
  attach(new FakeLink(), new Uint8Array(64), 16 * 1024 * 1024);
  return poll(1);
}
