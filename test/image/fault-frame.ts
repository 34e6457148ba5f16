// A program whose compiled side fails while it holds a frame: below-fault.ts.

import { configureStatic, poll } from "../../stack/host/seam.ts";
import { start } from "./below-fault.ts";

nativeOnPanic((line) => nativeConsole(`told: ${line}\n`));
start();
configureStatic("10.0.0.1", 24, "");
poll(1);
nativeConsole("still here\n");
