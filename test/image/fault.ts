// A program with the compiled side that makes it fail on purpose: no link was attached, so the seam throws.

import { poll } from "../../stack/host/seam.ts";

nativeConsole("before\n");
poll(0);
nativeConsole("still here\n");
