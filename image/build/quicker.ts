// What lets quickjs-ng do the same with fewer instructions (mend.ts applies it, as asserted as the rest): measured with
// `test/bench/profile.ts bytecode keep-alive`, on a path of two hundred calls and a thousand properties.

import type { Mend } from "./mend.ts";

/** Of the engine. */
export const quickerEngine: Readonly<Record<string, readonly Mend[]>> = {
  "quickjs.c": [
    {
      // A third of all looks at a property: atoms are small numbers in the order of their making, spread well enough.
      what: "hash_atom of quickjs-ng",
      old: "    int shift = 1 + clz_uintptr(mask+1);\n    return hash_uintptr(atom) >> shift;\n",
      mended: "    return atom & mask;\n",
    },
    {
      // Most values are numbers, and have nothing to be freed: no call for those. In the interpreter, none to count either.
      what: "JS_FreeValue of quickjs-ng",
      old: "void JS_FreeValue(JSContext *ctx, JSValue v)\n{\n    JS_FreeValueRT(ctx->rt, v);\n}\n",
      mended:
        "void JS_FreeValue(JSContext *ctx, JSValue v)\n{\n    JS_FreeValueRT(ctx->rt, v);\n}\n" +
        "static inline __attribute__((always_inline)) void free_counted(JSContext *ctx, JSValue v)\n" +
        "{\n    if (unlikely(JS_VALUE_HAS_REF_COUNT(v))) JS_FreeValue(ctx, v);\n}\n" +
        "static inline __attribute__((always_inline)) void free_here(JSContext *ctx, JSValue v)\n" +
        "{\n    void *p = JS_VALUE_GET_PTR(v);\n" +
        "    if (JS_VALUE_HAS_REF_COUNT(v) && --JS_REF_COUNT(p) <= 0) js_free_value_rt(ctx->rt, v);\n}\n" +
        "#define JS_FreeValue(ctx, v) free_counted(ctx, v)\n",
    },
    {
      what: "set_value of quickjs-ng",
      old: "static inline void set_value(JSContext *ctx, JSValue *pval, JSValue new_val)\n",
      mended:
        "static inline __attribute__((always_inline)) void set_value(JSContext *ctx, JSValue *pval, JSValue new_val)\n",
    },
    {
      what: "the beginning of quickjs-ng's interpreter",
      old: "/* argv[] is modified if (flags & JS_CALL_FLAG_COPY_ARGV) = 0. */\nstatic JSValue JS_CallInternal(",
      mended:
        "#undef JS_FreeValue\n#define JS_FreeValue(ctx, v) free_here(ctx, v)\n" +
        "/* argv[] is modified if (flags & JS_CALL_FLAG_COPY_ARGV) = 0. */\nstatic JSValue JS_CallInternal(",
    },
    {
      what: "the end of quickjs-ng's interpreter",
      old: "JSValue JS_Call(JSContext *ctx, JSValueConst func_obj, JSValueConst this_obj,\n                int argc, JSValueConst *argv)\n{\n",
      mended:
        "#undef JS_FreeValue\n#define JS_FreeValue(ctx, v) free_counted(ctx, v)\n" +
        "JSValue JS_Call(JSContext *ctx, JSValueConst func_obj, JSValueConst this_obj,\n                int argc, JSValueConst *argv)\n{\n",
    },
  ],
};

/**
 * Of the compiler to bytecode. ECMA-262 14.3.1: a `let` or `const` that is read before its declaration was evaluated
 * throws. A local that no closure has captured is read so only where the text has it the wrong way round, which TypeScript
 * refuses; so only captured ones, and `this` before super(), are checked at run time. (Inner functions are compiled first:
 * what is captured is known.)
 */
export const quickerBytecode: Readonly<Record<string, readonly Mend[]>> = {
  "quickjs.c": [
    {
      what: "reads of locals that quickjs-ng compiles",
      old:
        "                    if (s->vars[var_idx].is_lexical) {\n" +
        "                        dbuf_putc(bc, OP_get_loc_check);\n",
      mended:
        "                    if (s->vars[var_idx].is_lexical &&\n" +
        "                        (s->vars[var_idx].is_captured || var_name == JS_ATOM_this)) {\n" +
        "                        dbuf_putc(bc, OP_get_loc_check);\n",
    },
    {
      what: "writes of locals that quickjs-ng compiles",
      old: "                        } else {\n" + "                            dbuf_putc(bc, OP_put_loc_check);\n",
      mended:
        "                        } else if (!s->vars[var_idx].is_captured && var_name != JS_ATOM_this) {\n" +
        "                            dbuf_putc(bc, OP_put_loc);\n" +
        "                        } else {\n" +
        "                            dbuf_putc(bc, OP_put_loc_check);\n",
    },
    {
      what: "entries of scopes that quickjs-ng compiles",
      old:
        "                            } else {\n" +
        "                                /* XXX: should check if variable can be used\n",
      mended:
        "                            } else if (vd->is_captured) {\n" +
        "                                /* XXX: should check if variable can be used\n",
    },
  ],
};
