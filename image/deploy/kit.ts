// The deploy command as a release has it: one file that needs Node alone, and takes the image from the folder it lies in.

import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { command } from "../build/run.ts";
import { deploy } from "./deploy.ts";

const self = fileURLToPath(import.meta.url);
await command(() => deploy(process.argv.slice(2), "node epiphyte-deploy.mjs", dirname(self)));
