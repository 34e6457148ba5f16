// Mends defects of packages while they are bundled. Every change asserts that it matches exactly once: a new version
// of the package that no longer has the defect, or has it in another form, fails the build and says so.

import { readFile } from "node:fs/promises";
import type { Plugin } from "esbuild";

export interface Mend {
  readonly what: string;
  readonly old: string;
  readonly mended: string;
}

/** GitPackIndex.toBuffer reads every hash 256 times for the fan-out table: half of the time of a clone. */
export const isomorphicGitMends: readonly Mend[] = [
  {
    what: "the fan-out loop of GitPackIndex.toBuffer",
    old: `    for (let i = 0; i < 256; i++) {
      let count = 0;
      for (const hash of this.hashes) {
        if (parseInt(hash.slice(0, 2), 16) <= i) count++;
      }
      fanoutBuffer.writeUInt32BE(count);
    }
`,
    mended: `    const firsts = new Array(256).fill(0);
    for (const hash of this.hashes) firsts[parseInt(hash.slice(0, 2), 16)]++;
    let fanned = 0;
    for (let i = 0; i < 256; i++) fanoutBuffer.writeUInt32BE((fanned += firsts[i]));
`,
  },
];

/** Where long work of the C libraries lets packets in between: by file of the library. */
export const breathing: Readonly<Record<string, readonly Mend[]>> = {
  // Each block of a deflate stream.
  "lib/decompress_template.h": [
    {
      what: "the beginning of a block in libdeflate's decompressor",
      old: "next_block:\n\t/* Starting to read the next block */\n\t;\n",
      mended: "next_block:\n\t;\n\t{ extern void loop_breathe(void); loop_breathe(); }\n",
    },
  ],
  // Each position that a match is looked for at.
  "lib/deflate_compress.c": [
    {
      what: "adjust_max_and_nice_len of libdeflate's compressor",
      old: "adjust_max_and_nice_len(u32 *max_len, u32 *nice_len, size_t remaining)\n{\n",
      mended:
        "adjust_max_and_nice_len(u32 *max_len, u32 *nice_len, size_t remaining)\n{\n" +
        "\t{ extern void loop_breathe(void); static unsigned n; if (unlikely(!(++n & 63))) loop_breathe(); }\n",
    },
  ],
  // Each object that the cycle collector looks at; native functions, which may work for long; and more often otherwise.
  "quickjs.c": [
    {
      what: "mark_children of quickjs-ng",
      old: "                          JS_MarkFunc *mark_func)\n{\n    switch(JS_GC_TYPE(gp)) {\n",
      mended:
        "                          JS_MarkFunc *mark_func)\n{\n" +
        "    { extern void loop_breathe(void); static unsigned n; if (!(++n & 127)) loop_breathe(); }\n" +
        "    switch(JS_GC_TYPE(gp)) {\n",
    },
    {
      what: "js_call_c_function of quickjs-ng",
      old: "    p = JS_VALUE_GET_OBJ(func_obj);\n    cproto = p->u.cfunc.cproto;\n    arg_count = p->u.cfunc.length;\n",
      mended:
        "    { extern void loop_breathe(void); static unsigned n; if (!(++n & 15)) loop_breathe(); }\n" +
        "    p = JS_VALUE_GET_OBJ(func_obj);\n    cproto = p->u.cfunc.cproto;\n    arg_count = p->u.cfunc.length;\n",
    },
    {
      what: "free_object of quickjs-ng",
      old: "    /* free all the fields */\n    sh = p->shape;\n",
      mended:
        "    { extern void loop_breathe(void); static unsigned n; if (!(++n & 127)) loop_breathe(); }\n" +
        "    sh = p->shape;\n",
    },
    {
      what: "js_regexp_exec of quickjs-ng",
      old: "    if (!re)\n        return JS_EXCEPTION;\n\n    str_val = JS_ToString(ctx, argv[0]);\n    if (JS_IsException(str_val))\n        return JS_EXCEPTION;\n\n    ret = JS_EXCEPTION;\n",
      mended:
        "    if (!re)\n        return JS_EXCEPTION;\n" +
        "    { extern void loop_breathe(void); static unsigned n; if (!(++n & 15)) loop_breathe(); }\n" +
        "    str_val = JS_ToString(ctx, argv[0]);\n    if (JS_IsException(str_val))\n        return JS_EXCEPTION;\n\n    ret = JS_EXCEPTION;\n",
    },
    {
      what: "GetSubstitution of quickjs-ng",
      old: "    matched = argv[0];\n    str = argv[1];\n    captures = argv[3];\n    namedCaptures = argv[4];\n",
      mended:
        "    { extern void loop_breathe(void); static unsigned n; if (!(++n & 15)) loop_breathe(); }\n" +
        "    matched = argv[0];\n    str = argv[1];\n    captures = argv[3];\n    namedCaptures = argv[4];\n",
    },
    {
      what: "how often quickjs-ng calls its interrupt handler",
      old: "#define JS_INTERRUPT_COUNTER_INIT 10000\n",
      mended: "#define JS_INTERRUPT_COUNTER_INIT 200\n",
    },
  ],
  "libregexp.c": [
    {
      what: "how often quickjs-ng's regular expressions call the interrupt handler",
      old: "#define INTERRUPT_COUNTER_INIT 10000\n",
      mended: "#define INTERRUPT_COUNTER_INIT 200\n",
    },
  ],
};

/** The mended text; throws when a match is missing or not the only one. */
export function mend(text: string, mends: readonly Mend[]): string {
  let mended = text;
  for (const { what, old, mended: replacement } of mends) {
    const pieces = mended.split(old);
    if (pieces.length !== 2) throw new Error(`${what}: ${pieces.length - 1} matches where one was expected`);
    mended = pieces.join(replacement);
  }
  return mended;
}

export const mendIsomorphicGit: Plugin = {
  name: "mend-isomorphic-git",
  setup(build) {
    build.onLoad({ filter: /\/node_modules\/isomorphic-git\/index\.js$/ }, async ({ path }) => ({
      contents: mend(await readFile(path, "utf8"), isomorphicGitMends),
      loader: "js",
    }));
  },
};
