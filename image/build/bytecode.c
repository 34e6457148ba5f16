/* Compiles one ES module or script to bytecode, on the machine that builds:
 *   bytecode module|script BUNDLE.js BUNDLE.lines OUT.bytecode OUT.files
 *
 * It is a bundle; its .lines file (image/build/bundle.ts) says where each place came from. The compiler rewrites
 * the debug information of every function, so that a stack names the TypeScript file and line and the machine needs no
 * source map. quickjs.c is included whole, because that information is private to it. */
#include "quickjs.c"

typedef struct {
  int line, column, file, from_line;
} Place;
static Place *places;
static int place_count;
static char **files;
static int *first_line; /* of each file, when all lines of all files are counted through */
static int file_count;

static void fail(const char *what, const char *which) {
  fprintf(stderr, "bytecode: %s %s\n", what, which);
  exit(1);
}

static char *read_file(const char *name, size_t *size) {
  FILE *f = fopen(name, "rb");
  if (!f || fseek(f, 0, SEEK_END)) fail("cannot read", name);
  *size = (size_t)ftell(f);
  char *text = malloc(*size + 1);
  rewind(f);
  if (fread(text, 1, *size, f) != *size) fail("cannot read", name);
  text[*size] = 0;
  fclose(f);
  return text;
}

static void write_file(const char *name, const void *bytes, size_t size) {
  FILE *f = fopen(name, "wb");
  if (!f || fwrite(bytes, 1, size, f) != size || fclose(f)) fail("cannot write", name);
}

/* "file NAME LINES" rows, then "at LINE COLUMN FILE LINE" rows in order. */
static void read_places(char *text) {
  int next = 0;
  for (char *row = strtok(text, "\n"); row; row = strtok(NULL, "\n")) {
    Place p;
    if (!strncmp(row, "file ", 5)) {
      char *lines = strrchr(row, ' ');
      *lines++ = 0;
      files = realloc(files, sizeof *files * (size_t)(file_count + 1));
      first_line = realloc(first_line, sizeof *first_line * (size_t)(file_count + 1));
      files[file_count] = row + 5;
      first_line[file_count++] = next;
      next += atoi(lines) + 1;
    } else if (sscanf(row, "at %d %d %d %d", &p.line, &p.column, &p.file, &p.from_line) == 4) {
      if (place_count % 4096 == 0) places = realloc(places, sizeof *places * (size_t)(place_count + 4096));
      places[place_count++] = p;
    } else fail("odd row", row);
  }
}

static const Place *find(int line, int column) {
  int low = 0, high = place_count;
  while (low < high) {
    int middle = (low + high) / 2;
    const Place *p = &places[middle];
    if (p->line < line || (p->line == line && p->column <= column)) low = middle + 1;
    else high = middle;
  }
  return low ? &places[low - 1] : NULL;
}

static int signed_leb(const uint8_t **p, const uint8_t *end) {
  int32_t v;
  *p += get_sleb128(&v, *p, end);
  return v;
}

/* Decodes pc2line as find_line_num does, maps every row, and writes it as compute_pc2line_info does, but for columns: they
 * are a tenth of the program, and a stack is read by its lines. All are 1. */
static void map_function(JSContext *ctx, JSFunctionBytecode *b, int module) {
  const uint8_t *p = b->pc2line_buf, *end = p + b->pc2line_len;
  int line = b->line_num, column = b->col_num, last_line;
  uint32_t last_pc = 0, at = 0;
  const Place *own = find(line, column);
  int file = module || !own ? -1 : own->file;
  DynBuf out;
  js_dbuf_init(ctx, &out);
  JS_FreeAtom(ctx, b->filename);
  b->filename = JS_NewAtom(ctx, file < 0 ? "<modules>" : files[file]);
  b->line_num = last_line = own && file >= 0 ? own->from_line : 0;
  b->col_num = 1;
  while (p && p < end) {
    unsigned op = *p++;
    uint32_t pc;
    if (op == 0) {
      p += get_leb128(&pc, p, end);
      line += signed_leb(&p, end);
    } else {
      op -= PC2LINE_OP_FIRST;
      pc = op / PC2LINE_RANGE;
      line += (int)(op % PC2LINE_RANGE) + PC2LINE_BASE;
    }
    column += signed_leb(&p, end);
    at += pc;
    const Place *place = find(line, column);
    if (!place || (file >= 0 && place->file != file)) continue;
    int new_line = place->from_line + (file < 0 ? first_line[place->file] : 0), step = new_line - last_line;
    if (step == 0) continue;
    pc = at - last_pc;
    if (step >= PC2LINE_BASE && step < PC2LINE_BASE + PC2LINE_RANGE && pc <= PC2LINE_DIFF_PC_MAX)
      dbuf_putc(&out, (uint8_t)(step - PC2LINE_BASE + (int)pc * PC2LINE_RANGE + PC2LINE_OP_FIRST));
    else {
      dbuf_putc(&out, 0);
      dbuf_put_leb128(&out, pc);
      dbuf_put_sleb128(&out, step);
    }
    dbuf_put_sleb128(&out, 0);
    last_pc = at;
    last_line = new_line;
  }
  js_free(ctx, b->pc2line_buf);
  b->pc2line_buf = out.buf;
  b->pc2line_len = (int)out.size;
  for (int i = 0; i < b->cpool_count; i++)
    if (JS_VALUE_GET_TAG(b->cpool[i]) == JS_TAG_FUNCTION_BYTECODE) map_function(ctx, JS_VALUE_GET_PTR(b->cpool[i]), 0);
}

int main(int argc, char **argv) {
  if (argc != 6) fail("usage: bytecode", "module|script BUNDLE.js BUNDLE.lines OUT.bytecode OUT.files");
  int is_module = !strcmp(argv[1], "module");
  size_t size;
  char *source = read_file(argv[2], &size);
  size_t lines_size;
  read_places(read_file(argv[3], &lines_size));
  JSRuntime *rt = JS_NewRuntime();
  JS_SetMaxStackSize(rt, 7 * 1024 * 1024);
  JSContext *ctx = JS_NewContext(rt);
  int type = is_module ? JS_EVAL_TYPE_MODULE : JS_EVAL_TYPE_GLOBAL;
  JSValue program = JS_Eval(ctx, source, size, argv[2], type | JS_EVAL_FLAG_COMPILE_ONLY);
  if (JS_IsException(program)) {
    JSValue error = JS_GetException(ctx), stack = JS_GetPropertyStr(ctx, error, "stack");
    fail(JS_ToCString(ctx, error), JS_ToCString(ctx, stack));
  }
  if (is_module) {
    JSModuleDef *m = JS_VALUE_GET_PTR(program);
    map_function(ctx, JS_VALUE_GET_PTR(m->func_obj), 1);
    /* The name of the module is in the bytecode: it must not tell where it was built. */
    JS_FreeAtom(ctx, m->module_name);
    m->module_name = JS_NewAtom(ctx, "epiphyte");
  } else {
    map_function(ctx, JS_VALUE_GET_PTR(program), 0);
  }
  size_t length;
  uint8_t *bytes = JS_WriteObject(ctx, &length, program, JS_WRITE_OBJ_BYTECODE | JS_WRITE_OBJ_STRIP_SOURCE);
  if (!bytes) fail("cannot write", argv[4]);
  write_file(argv[4], bytes, length);
  FILE *table = fopen(argv[5], "wb");
  for (int i = 0; table && i < file_count; i++) fprintf(table, "%d %s%c", first_line[i], files[i], 0);
  if (!table || fclose(table)) fail("cannot write", argv[5]);
  return 0;
}
