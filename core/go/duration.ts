const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** Go's `time.ParseDuration`: `2m`, `1h30m`, `1.5s`. @returns milliseconds. Throws with Go's text */
export function parseDuration(text: string): number {
  const fail = (): never => {
    throw new Error(`time: invalid duration ${JSON.stringify(text)}`);
  };
  if (/^[-+]?0$/.test(text)) return 0;
  const match = /^([-+]?)((?:\d+\.?\d*|\.\d+)[a-zµ]+)+$/.exec(text);
  if (match === null) {
    if (/^[-+]?(\d+\.?\d*|\.\d+)$/.test(text))
      throw new Error(`time: missing unit in duration ${JSON.stringify(text)}`);
    return fail();
  }
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+\.?\d*|\.\d+)([a-zµ]+)/g)) {
    const size = UNITS[unit ?? ""];
    if (size === undefined)
      throw new Error(`time: unknown unit ${JSON.stringify(unit)} in duration ${JSON.stringify(text)}`);
    total += Number(amount) * size;
  }
  return match[1] === "-" ? -total : total;
}
