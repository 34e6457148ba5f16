/* Packs a file as zlib (RFC 1950) on the machine that builds: deflate IN OUT
 *
 * libdeflate, which unpacks it on the machine, looks for the shortest form: a twentieth less than zlib's best. */
#include <libdeflate.h>
#include <stdio.h>
#include <stdlib.h>

enum { BEST = 12 };

static void fail(const char *what, const char *which) {
  fprintf(stderr, "deflate: %s %s\n", what, which);
  exit(1);
}

int main(int argc, char **argv) {
  if (argc != 3) fail("usage: deflate", "IN OUT");
  FILE *in = fopen(argv[1], "rb");
  if (!in || fseek(in, 0, SEEK_END)) fail("cannot read", argv[1]);
  size_t size = (size_t)ftell(in);
  rewind(in);
  struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(BEST);
  size_t room = libdeflate_zlib_compress_bound(compressor, size);
  unsigned char *bytes = malloc(size + room);
  if (!bytes || fread(bytes, 1, size, in) != size) fail("cannot read", argv[1]);
  size_t packed = libdeflate_zlib_compress(compressor, bytes, size, bytes + size, room);
  FILE *out = fopen(argv[2], "wb");
  if (!packed || !out || fwrite(bytes + size, 1, packed, out) != packed || fclose(out)) fail("cannot write", argv[2]);
  return 0;
}
