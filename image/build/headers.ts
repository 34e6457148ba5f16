// The first bytes of build/epiphyte.efi: a PE header for UEFI, and the header of a Linux kernel for boot loaders. Read
// first: Microsoft PE Format, "Optional Header"; UEFI 2.10, 2.1.1; Linux Documentation/arch/x86/boot.rst, "The Real-Mode
// Kernel Header".

export interface Layout {
  /** Bytes of the file, and of the head that boot loaders take for real-mode code. */
  readonly size: number;
  readonly headSize: number;
  /** Where the stub lies in the file, its length, and where in it UEFI enters. */
  readonly stub: number;
  readonly stubSize: number;
  readonly efiEntry: number;
  /** Physical addresses: of the ELF, of the stub, and the end of what the stub uses. */
  readonly kernel: number;
  readonly stubAddress: number;
  readonly memoryEnd: number;
}

/** Where the real-mode code begins in the head: behind the zero page's memory map (zero-page.rst). */
export const REAL_MODE_OFFSET = 0x2d0 + 128 * 20;

const PE = 0x40;
const OPTIONAL = PE + 24;
const SECTIONS = OPTIONAL + 160;
const EFI_APPLICATION = 10;
const NX_COMPATIBLE = 0x100;
/** Executable, no line numbers, no debug information; its relocations are not stripped: there are none. */
const CHARACTERISTICS = 0x0206;
const READABLE_DATA = 0x40000040;
const READABLE_CODE = 0x60000020;
const SECTOR = 512;

/** The head of the file with both headers; the real-mode code is put in by the caller. */
export function headers(layout: Layout): Uint8Array {
  const head = new Uint8Array(layout.headSize);
  portableExecutable(new DataView(head.buffer), layout);
  linuxKernel(new DataView(head.buffer), layout);
  return head;
}

function portableExecutable(view: DataView, layout: Layout): void {
  const { size, headSize, stub, stubSize, efiEntry } = layout;
  text(view, 0, "MZ");
  view.setUint32(0x3c, PE, true);
  text(view, PE, "PE\0\0");
  view.setUint16(PE + 4, 0x8664, true); // x86-64
  view.setUint16(PE + 6, 2, true); // sections
  view.setUint16(PE + 20, SECTIONS - OPTIONAL, true);
  view.setUint16(PE + 22, CHARACTERISTICS, true);
  view.setUint16(OPTIONAL, 0x20b, true); // PE32+
  view.setUint32(OPTIONAL + 4, stubSize, true); // code
  view.setUint32(OPTIONAL + 8, size - headSize - stubSize, true); // data
  view.setUint32(OPTIONAL + 16, efiEntry, true);
  view.setUint32(OPTIONAL + 20, stub, true);
  // Sections lie in memory as they do in the file.
  view.setUint32(OPTIONAL + 32, 4096, true);
  view.setUint32(OPTIONAL + 36, 4096, true);
  view.setUint32(OPTIONAL + 56, size, true);
  view.setUint32(OPTIONAL + 60, headSize, true);
  view.setUint16(OPTIONAL + 68, EFI_APPLICATION, true);
  view.setUint16(OPTIONAL + 70, NX_COMPATIBLE, true);
  view.setUint32(OPTIONAL + 108, 6, true); // data directories, all of them empty
  section(view, SECTIONS, ".kernel", headSize, stub - headSize, READABLE_DATA);
  section(view, SECTIONS + 40, ".stub", stub, stubSize, READABLE_CODE);
}

function section(view: DataView, at: number, name: string, offset: number, length: number, flags: number): void {
  text(view, at, name);
  view.setUint32(at + 8, length, true);
  view.setUint32(at + 12, offset, true);
  view.setUint32(at + 16, length, true);
  view.setUint32(at + 20, offset, true);
  view.setUint32(at + 36, flags, true);
}

function linuxKernel(view: DataView, layout: Layout): void {
  const { size, headSize, kernel, stubAddress, memoryEnd } = layout;
  view.setUint8(0x1f1, headSize / SECTOR - 1); // setup_sects
  view.setUint32(0x1f4, (size - headSize) / 16, true); // syssize
  view.setUint16(0x1fa, 0xffff, true); // vid_mode: normal
  view.setUint16(0x1fe, 0xaa55, true);
  // A jump to the real-mode code; a short one does not reach it, so the header ends with a near one.
  const jump = 0x26c;
  view.setUint8(0x200, 0xeb);
  view.setUint8(0x201, jump - 0x202);
  text(view, 0x202, "HdrS");
  view.setUint16(0x206, 0x020f, true); // protocol 2.15
  view.setUint8(0x211, 1); // LOADED_HIGH
  view.setUint32(0x214, stubAddress, true); // code32_start
  view.setUint32(0x22c, 0x7fffffff, true); // initrd_addr_max
  view.setUint32(0x230, 4096, true); // kernel_alignment
  view.setUint8(0x235, 12);
  view.setUint32(0x238, 0xffff, true); // cmdline_size
  view.setBigUint64(0x258, BigInt(kernel), true); // pref_address
  view.setUint32(0x260, memoryEnd - kernel, true); // init_size
  view.setUint8(jump, 0xe9);
  view.setUint16(jump + 1, REAL_MODE_OFFSET - jump - 3, true);
}

function text(view: DataView, at: number, value: string): void {
  for (let i = 0; i < value.length; i++) view.setUint8(at + i, value.charCodeAt(i));
}
