// console.* to the machine's console, one line each. For packages and for debugging; the appliance logs through pino.

function line(...values: unknown[]): void {
  nativeConsole(`${values.map(text).join(" ")}\n`);
}

function text(value: unknown): string {
  if (typeof value === "string") return value;
  if (value instanceof Error) return `${value.name}: ${value.message}\n${value.stack ?? ""}`;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}

export const console = { log: line, info: line, debug: line, trace: line, warn: line, error: line };
