// The binding in C: every function of the seam as a function of the engine, in one object that JavaScript sees as the
// global `nativeBelow`; and for the loop in C the few that it calls itself. Part of the compiled side's own translation
// unit, so that a call costs no more than a call.

import type { BoundaryFunction, BoundaryType } from "./describe.ts";

/** C that follows the patched code. `loop` are functions that C calls without the engine. */
export function binding(functions: readonly BoundaryFunction[], loop: readonly BoundaryFunction[]): string {
  const rows = functions.map((f) => `JS_CFUNC_DEF("${f.name}", ${f.parameters.length}, binding_${f.name}),`);
  return `${functions.map(engineFunction).join("\n")}
${loop.map(loopFunction).join("\n")}
void below_install(JSContext *ctx) {
  static const JSCFunctionListEntry functions[] = {
    ${rows.join("\n    ")}
  };
  below_init();
  JSValue global = JS_GetGlobalObject(ctx), object = JS_NewObject(ctx);
  JS_SetPropertyFunctionList(ctx, object, functions, sizeof functions / sizeof *functions);
  JS_SetPropertyStr(ctx, global, "nativeBelow", object);
  JS_FreeValue(ctx, global);
}
`;
}

/** Cold: what the engine does beside it is a hundred times as much. */
function engineFunction(f: BoundaryFunction): string {
  const names = f.parameters.map((_, i) => `a${i}`);
  const reads = f.parameters.map((p, i) => `  ${read(p.type, `a${i}`, `argv[${i}]`)}\n`).join("");
  const call = `sc_f_${f.name}(${names.join(", ")})`;
  return `static COLD JSValue binding_${f.name}(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv) {
  (void)self, (void)argc, (void)argv;
${reads}  ${result(f.returns, call)}
}`;
}

/** The callee takes over what it is given; an argument that cannot be read is an exception of the engine's. */
function read(type: BoundaryType, name: string, value: string): string {
  switch (type) {
    case "number":
      return `double ${name}; if (JS_ToFloat64(ctx, &${name}, ${value})) return JS_EXCEPTION;`;
    case "boolean":
      return `bool ${name} = JS_ToBool(ctx, ${value});`;
    case "string":
      return `ScrStr *${name} = below_string_in(ctx, ${value}); if (!${name}) return JS_EXCEPTION;`;
    case "bytes":
      return `ScrBytes *${name} = below_bytes_in(ctx, ${value}); if (!${name}) return JS_EXCEPTION;`;
    case "void":
      throw new Error("a parameter has a value");
  }
}

function result(type: BoundaryType, call: string): string {
  switch (type) {
    case "number":
      return `return JS_NewNumber(ctx, ${call});`;
    case "boolean":
      return `return JS_NewBool(ctx, ${call});`;
    case "string":
      return `return below_string_out(ctx, ${call});`;
    case "bytes":
      return `return below_bytes_out(ctx, ${call});`;
    case "void":
      return `${call};\n  return JS_UNDEFINED;`;
  }
}

function loopFunction(f: BoundaryFunction): string {
  const parameters = f.parameters.map((p, i) => `${plain(p.type)} a${i}`).join(", ") || "void";
  const call = `sc_f_${f.name}(${f.parameters.map((_, i) => `a${i}`).join(", ")})`;
  return `${plain(f.returns)} below_${f.name}(${parameters}) { ${f.returns === "void" ? "" : "return "}${call}; }`;
}

function plain(type: BoundaryType): string {
  if (type === "number") return "double";
  if (type === "boolean") return "bool";
  if (type === "void") return "void";
  if (type === "string") return "ScrStr *";
  throw new Error(`the loop passes no ${type}`);
}
