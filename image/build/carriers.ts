// What carries the ELF to a machine that does not enter it by PVH: build/epiphyte.efi for UEFI and boot loaders, and, when
// asked for, a disk. `--disk[=raw|qcow2|vmdk]` may come several times; `--parameters=FILE` is what EPIPHYTE.TXT says.

import { readFile, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { diskImage, EMPTY_PARAMETERS } from "./disk.ts";
import { buildLoader } from "./loader.ts";
import { qcow2 } from "./qcow2.ts";
import { BuildError, root } from "./run.ts";
import { vmdk } from "./vmdk.ts";

export const FORMS = ["raw", "qcow2", "vmdk"] as const;
export type Form = (typeof FORMS)[number];

export interface Carriers {
  readonly forms: readonly Form[];
  /** The file with the text of EPIPHYTE.TXT, "" for none. */
  readonly parameters: string;
  /** The arguments that are left. */
  readonly words: readonly string[];
}

/** The longest EPIPHYTE.TXT that the machine reads. */
const PARAMETERS_MAX = 65_536;

/** Takes --disk and --parameters out of the arguments; a file's name is resolved where the caller stands. */
export function carriersOf(args: readonly string[]): Carriers {
  const forms: Form[] = [];
  const words: string[] = [];
  let file: string | undefined;
  for (const word of args) {
    if (word === "--disk") forms.push("raw");
    else if (word.startsWith("--disk=")) forms.push(formOf(word.slice("--disk=".length)));
    else if (word.startsWith("--parameters=")) file = word.slice("--parameters=".length);
    else words.push(word);
  }
  if (file !== undefined && forms.length === 0) forms.push("raw");
  return { forms: [...new Set(forms)], parameters: file ?? "", words };
}

function formOf(word: string): Form {
  const form = FORMS.find((one) => one === word);
  if (form === undefined) throw new BuildError(`--disk=${word}: ${FORMS.join(", ")}`);
  return form;
}

/** Writes them beside the image; the names of what was written, relative to the root. `file`: of the parameters, or "". */
export async function writeCarriers(image: string, forms: readonly Form[], file: string): Promise<readonly string[]> {
  const base = image.replace(/\.elf$/, "");
  const loader = await buildLoader(await readFile(join(root, image)));
  await writeFile(join(root, `${base}.efi`), loader.efi);
  const written = [`${base}.efi`];
  if (forms.length === 0) return written;
  const disk = diskImage(loader, file === "" ? EMPTY_PARAMETERS : await readParameters(file));
  const folder = base.replace(/[^/]*$/, "");
  const name = basename(base) === "epiphyte" ? "disk" : `${basename(base)}-disk`;
  for (const form of forms) {
    const out = `${folder}${name}.${form === "raw" ? "img" : form}`;
    const bytes = form === "raw" ? disk : form === "qcow2" ? qcow2(disk) : vmdk(disk, basename(out));
    await writeFile(join(root, out), bytes);
    written.push(out);
  }
  return written;
}

async function readParameters(file: string): Promise<string> {
  // npm starts its scripts in the project's folder, and says where it was called.
  const path = resolve(process.env["INIT_CWD"] ?? ".", file);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch {
    throw new BuildError(`--parameters=${file}: ${path} cannot be read`);
  }
  if (Buffer.byteLength(text) > PARAMETERS_MAX)
    throw new BuildError(
      `--parameters=${file}: longer than ${PARAMETERS_MAX / 1024} KB, which the machine does not read`,
    );
  return text;
}
