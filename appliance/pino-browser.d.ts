// pino's build without Node (pino/browser.js) has no types of its own: they are those of pino.
declare module "pino/browser.js" {
  export { pino as default } from "pino";
}
