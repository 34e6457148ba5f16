// Width and height of the pictures that texts show, read from their files once each.

import { imageSize } from "../content/image-size.ts";
import type { Site } from "../content/site.ts";
import type { Size } from "./markdown-context.ts";

/** Pictures of one document, and bytes of them, that are looked at: each is inflated for that. */
const MAX_PICTURES = 100;
const MAX_BYTES = 32 * 1024 * 1024;
/** Sizes that are remembered. */
const MAX_KNOWN = 4000;

export class Pictures {
  /** By blob; undefined: it does not say. */
  readonly #known = new Map<string, Size | undefined>();

  /** The blob of the picture at an address as it stands in a page; undefined: there is none. */
  blobAt(site: Site, href: string): string | undefined {
    if (!href.startsWith("/")) return undefined;
    const path = href.replace(/[?#].*$/s, "");
    const route = site.routes.get(decoded(path));
    return route?.kind === "static" && route.type.startsWith("image/") ? route.oid : undefined;
  }

  /** For one document; which pictures it has is noted in `pictures`. */
  sizes(site: Site, pictures: Map<string, string>): (href: string) => Size | undefined {
    let bytesLeft = MAX_BYTES;
    return (href) => {
      const oid = this.blobAt(site, href);
      if (oid === undefined) return undefined;
      pictures.set(href, oid);
      if (this.#known.has(oid)) return this.#known.get(oid);
      if (pictures.size > MAX_PICTURES || bytesLeft <= 0) return undefined;
      const bytes = site.snapshot.read(oid);
      if (bytes === undefined) return undefined;
      bytesLeft -= bytes.length;
      const size = imageSize(bytes);
      if (this.#known.size >= MAX_KNOWN) this.#known.clear();
      this.#known.set(oid, size);
      return size;
    };
  }
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
