// The picture of the README: a page as a browser shows it, 1280 pixels wide, in the light theme.
//
//   node tools/run.mjs tools/screenshot.ts [ADDRESS] [FILE]        while `npm start` runs in another terminal

import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { chromium } from "playwright-core";
import { need, which } from "./setup.ts";

const [address = "http://127.0.0.1:8080/", file = "docs/index.png"] = process.argv.slice(2);
const WIDTH = 1280;
const HEIGHT = 860;

need("chromium");
const browser = await chromium.launch({ executablePath: which("chromium") ?? "chromium", args: ["--no-sandbox"] });
try {
  const page = await browser.newPage({ viewport: { width: WIDTH, height: HEIGHT }, colorScheme: "light" });
  await page.goto(address, { waitUntil: "networkidle", timeout: 30_000 });
  mkdirSync(dirname(file), { recursive: true });
  await page.screenshot({ path: file });
  console.log(`${file}: ${Math.round(statSync(file).size / 1000)} KB`);
} finally {
  await browser.close();
}
