// Media types of what is generated.

import type { FeedFormat } from "../content/site.ts";

export function feedMediaType(format: FeedFormat): string {
  switch (format) {
    case "atom":
      return "application/atom+xml; charset=utf-8";
    case "rss":
      return "application/rss+xml; charset=utf-8";
    case "json":
      return "application/feed+json; charset=utf-8";
  }
}
