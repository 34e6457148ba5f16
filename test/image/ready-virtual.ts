import { start } from "../../image/below-virtual.ts";
import { serveReady } from "./ready.ts";

// The guest's address in QEMU's user network.
serveReady((memory) => start(0, memory), 0x0a_00_02_0f);
