// What the virtual target is made of below the engine, and how it is compiled and linked: image/runtime/virtual/README.md.

/** Compiled with virtualCFlags, in this order (the order decides the bytes of the image). */
export const virtualSources: readonly string[] = [
  "image/runtime/virtual/boot.S",
  "image/runtime/virtual/start.c",
  "image/runtime/virtual/paging.c",
  "image/runtime/virtual/trap.c",
  "image/runtime/virtual/syscall.c",
  "image/runtime/virtual/console.c",
  "image/runtime/virtual/clock.c",
  "image/runtime/virtual/timer.c",
  "image/runtime/virtual/entropy.c",
  "image/runtime/virtual/power.c",
  "image/runtime/virtual/xen.c",
];

/** The heap: both targets, compiled with heapFlags. */
export const heapSource = "image/runtime/malloc.c";

/** For every C file of the image, the libraries included. `root` is the repository, so that no path of it is in the bytes. */
export function commonFlags(root: string): string[] {
  return [
    "-O2",
    "-fno-stack-protector",
    "-fno-asynchronous-unwind-tables",
    "-ffunction-sections",
    "-fdata-sections",
    "-fno-pie",
    `-ffile-prefix-map=${root}=.`,
  ];
}

/** Added for our own C. */
export const ownFlags: readonly string[] = ["-std=gnu11", "-Wall", "-Wextra", "-Werror"];

/** Added for virtualSources: they run inside musl's system calls and inside interrupts. */
export const virtualCFlags: readonly string[] = ["-mgeneral-regs-only", "-fno-builtin-printf"];

/** Added for heapSource: or gcc turns calloc into a call of calloc; and mmap, a system call, allocates. */
export const heapFlags: readonly string[] = ["-fno-builtin", "-mgeneral-regs-only"];

/** For musl-gcc when it links the image; objects follow, all of the above among them. */
export function virtualLinkFlags(root: string): string[] {
  return [
    "-static",
    "-nostartfiles",
    "-no-pie",
    `-Wl,-T,${root}/image/runtime/virtual/link.ld`,
    "-Wl,--gc-sections",
    "-Wl,--build-id=none",
    "-Wl,-z,max-page-size=4096",
    "-Wl,-z,noexecstack",
  ];
}
