// Changes of a source text that keep its lines where they are, so that a fault names the line of the file itself.

import { relative } from "node:path";
import type ts from "typescript";
import { root } from "../../image/build/run.ts";

/** What cannot be rewritten, with its line. */
export class RewriteError extends Error {}

/** A stretch of the source that another text takes the place of; of length 0, an insertion. */
interface Edit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
  /** Among those at one place. */
  readonly order: number;
}

export class Edits {
  readonly source: ts.SourceFile;
  /** As the tests are called: relative to the root. */
  readonly name: string;
  private readonly edits: Edit[] = [];

  constructor(source: ts.SourceFile) {
    this.source = source;
    this.name = relative(root, source.fileName);
  }

  begin(node: ts.Node): number {
    return node.getStart(this.source);
  }

  /** Outer nodes come before those within. */
  replace(from: number, to: number, text: string): void {
    const lines = this.source.text.slice(from, to).split("\n").length - 1;
    this.edits.push({ from, to, text: text + "\n".repeat(lines), order: this.edits.length + 1 });
  }

  /** Before what begins at `at`. */
  insert(at: number, text: string): void {
    this.edits.push({ from: at, to: at, text, order: this.edits.length + 1 });
  }

  /** Behind what ends at `at`. */
  append(at: number, text: string): void {
    this.edits.push({ from: at, to: at, text, order: -this.edits.length - 1 });
  }

  /** FILE:LINE. */
  place(node: ts.Node): string {
    return `${this.name}:${this.source.getLineAndCharacterOfPosition(this.begin(node)).line + 1}`;
  }

  fault(node: ts.Node, what: string): RewriteError {
    return new RewriteError(`${this.place(node)}: ${what}`);
  }

  /** Whether any of the new texts has this in it. */
  mentions(word: string): boolean {
    return this.edits.some((edit) => edit.text.includes(word));
  }

  text(): string {
    // At one place, what ends there comes before what begins there, and inner ends before outer ones.
    const edits = [...this.edits].sort((a, b) => a.from - b.from || a.order - b.order);
    let text = "";
    let at = 0;
    for (const edit of edits) {
      if (edit.from < at) throw new RewriteError(`${this.name}: two changes of one text: ${edit.text}`);
      text += this.source.text.slice(at, edit.from) + edit.text;
      at = edit.to;
    }
    return text + this.source.text.slice(at);
  }
}
