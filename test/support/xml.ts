// A strict reader for the XML that feeds are made of: elements, attributes, text, CDATA. Throws where a parser would.

export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: XmlElement[];
  text: string;
}

export function textAt(element: XmlElement, name: string): string {
  return element.children.find((child) => child.name === name)?.text ?? "";
}

export function parseXml(source: string): XmlElement {
  let at = 0;
  const fail = (what: string): never => {
    throw new Error(`${what} at ${at}: ${JSON.stringify(source.slice(at, at + 60))}`);
  };
  const top: XmlElement = { name: "", attributes: {}, children: [], text: "" };
  const open: XmlElement[] = [top];
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(source);
    if (match !== null) at = pattern.lastIndex;
    return match;
  };
  take(/<\?xml [^?]*\?>\s*/y);
  while (at < source.length) {
    const here = open.at(-1)!;
    const text = take(/[^<]+/y)?.[0];
    if (text !== undefined) {
      if (text.includes("]]>")) fail("]]> in text");
      here.text += decode(text, fail);
      continue;
    }
    const cdata = take(/<!\[CDATA\[([\s\S]*?)\]\]>/y);
    if (cdata !== null) {
      here.text += cdata[1];
      continue;
    }
    const end = take(/<\/([\w:.-]+)\s*>/y);
    if (end !== null) {
      if (open.length === 1 || here.name !== end[1]) fail(`</${end[1]}> closes ${here.name}`);
      open.pop();
      continue;
    }
    const start = take(/<([A-Za-z_][\w:.-]*)/y) ?? fail("not markup");
    const attributes: Record<string, string> = {};
    for (;;) {
      const attribute = take(/\s+([A-Za-z_][\w:.-]*)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y);
      if (attribute === null) break;
      if (attribute[1]! in attributes) fail(`${attribute[1]} twice`);
      attributes[attribute[1]!] = decode(attribute[2] ?? attribute[3] ?? "", fail);
    }
    const element: XmlElement = { name: start[1]!, attributes, children: [], text: "" };
    here.children.push(element);
    const close = take(/\s*(\/?)>/y) ?? fail("an open tag");
    if (close[1] === "") open.push(element);
  }
  if (open.length > 1) fail(`${open.at(-1)?.name} is not closed`);
  if (top.children.length !== 1) fail("not one root");
  return top.children[0]!;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function decode(text: string, fail: (what: string) => never): string {
  return text.replace(/&(?:#(\d+)|#x([0-9a-fA-F]+)|([a-z]+));|&/g, (all, decimal, hex, name) => {
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    return ENTITIES[name] ?? fail(`the entity ${all}`);
  });
}
