import { decode, MldQuery } from "../../../stack/mld/wire.ts";
import { anywhere, check, hex, type Target } from "../target.ts";

/** Queries of multicast listener discovery. */
export const mld: Target = {
  name: "mld",
  limit: 80,
  words: [
    [130, 0],
    [0x80, 0],
    [0xff, 0xff],
    [0xff, 2, 0, 0],
  ],
  seeds: () => [
    hex("8200 0000 2710 0000 00000000000000000000000000000000"),
    hex("8200 0000 2710 0000 00000000000000000000000000000000 027d0000"),
    hex("8200 0000 ffff 0000 ff0200000000000000000001ff000001 027d0001 fe800000000000000000000000000001"),
  ],
  run: (bytes) => {
    anywhere(bytes, (array, offset, length) => {
      const query = new MldQuery();
      const error = decode(array, offset, length, query);
      if (error !== 0) return error;
      // RFC 3810 5.1.3: the largest that a floating-point number of 16 bits says.
      check(query.responseTime >= 0 && query.responseTime <= 0x1fff << 10, `answers within ${query.responseTime} ms`);
      check(query.group < 0 || array[query.group] === 0xff, "asks for what is no group");
      return [query.version, query.responseTime, query.group < 0];
    });
  },
};
