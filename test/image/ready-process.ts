import { ALL_OFFLOADS } from "../../drivers/offload.ts";
import { start } from "../../image/below-process.ts";
import { serveReady } from "./ready.ts";

serveReady((memory) => start("tap0", 0, ALL_OFFLOADS, memory, 0), "10.93.0.2");
