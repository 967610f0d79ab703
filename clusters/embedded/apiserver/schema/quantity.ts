/** Powers of ten and of two by suffix (k8s.io/apimachinery, api/resource). */
const DECIMAL: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, "": 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const BINARY: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 };
const SHAPE = /^([+-]?)(\d*)(?:\.(\d*))?(?:([eE][+-]?\d+)|(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?)$/;

/**
 * A quantity in its one form: the largest suffix that leaves an integer, `0.5` → `500m`, `1024Mi` → `1Gi`, `1000` → `1k`.
 * @returns undefined for what is no quantity
 */
export function canonicalQuantity(text: string): string | undefined {
  const match = SHAPE.exec(text);
  if (match === null) return undefined;
  const [, sign = "", whole = "", fraction = "", exponent, suffix = ""] = match;
  if (whole === "" && fraction === "") return undefined;
  const minus = sign === "-" ? "-" : "";
  const digits = BigInt(`${whole}${fraction}` || "0");
  if (digits === 0n) return "0";
  const scale = -fraction.length;
  const bits = BINARY[suffix];
  if (bits !== undefined) {
    const shifted = digits * 2n ** BigInt(bits);
    const divisor = 10n ** BigInt(-scale);
    if (shifted % divisor === 0n) return `${minus}${binary(shifted / divisor)}`;
    return `${minus}${decimal(shifted, scale)}`;
  }
  if (exponent !== undefined) return `${minus}${scientific(digits, scale + Number(exponent.slice(1)))}`;
  return `${minus}${decimal(digits, scale + (DECIMAL[suffix] ?? 0))}`;
}

function binary(value: bigint): string {
  for (const [suffix, bits] of Object.entries(BINARY).reverse()) {
    const unit = 2n ** BigInt(bits);
    if (value % unit === 0n) return `${value / unit}${suffix}`;
  }
  return String(value);
}

/** Digits times ten to `power`, by the largest decimal suffix; finer than nano is rounded up. */
function decimal(digits: bigint, power: number): string {
  const [value, at] = inSteps(digits, power);
  const suffix = Object.entries(DECIMAL).find(([, exponent]) => exponent === at)?.[0] ?? "";
  return `${value}${suffix}`;
}

function scientific(digits: bigint, power: number): string {
  const [value, at] = inSteps(digits, power);
  return at === 0 ? String(value) : `${value}e${at}`;
}

function inSteps(digits: bigint, power: number): readonly [bigint, number] {
  let value = digits;
  let at = power;
  while (at < -9) {
    value = (value + 9n) / 10n;
    at++;
  }
  while (at % 3 !== 0) {
    value *= 10n;
    at--;
  }
  while (value % 1000n === 0n && at < 18) {
    value /= 1000n;
    at += 3;
  }
  return [value, at];
}
