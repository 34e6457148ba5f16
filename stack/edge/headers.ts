// Header blocks as they cross the seam ("Name: value\r\n" lines) to pairs and back. The HTTP machine below has checked
// what came from a peer; what we send is checked here, so that no value of ours can smuggle a line.

type Pair = readonly [name: string, value: string];

/** The pairs of a block, names in lower case (RFC 9110 5.1). */
export function parseHeaders(block: string): Pair[] {
  const pairs: Pair[] = [];
  for (const line of block.split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) pairs.push([line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]);
  }
  return pairs;
}

/** RFC 9110 5.5: no CR, LF or NUL in a value; such characters become spaces. */
export function formatHeaders(pairs: readonly Pair[]): string {
  let block = "";
  for (const [name, value] of pairs) block += `${name}: ${value.replace(/[\r\n\0]/g, " ")}\r\n`;
  return block;
}
