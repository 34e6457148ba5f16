import { start } from "../../image/below-process.ts";
import { serveReady } from "./ready.ts";

serveReady((memory) => start("tap0", 0, memory), 0x0a_5d_00_02);
