/**
 * A value of an expression: int is a bigint, double a number, list an array, map and object a Map (by string, bigint
 * or boolean).
 */
export type CelValue =
  | bigint
  | number
  | string
  | boolean
  | null
  | Uint8Array
  | readonly CelValue[]
  | ReadonlyMap<CelValue, CelValue>
  | Uint
  | Timestamp
  | Duration
  | TypeValue
  | Optional
  | Opaque;

export class Uint {
  readonly value: bigint;
  constructor(value: bigint) {
    this.value = value;
  }
}

/** A point in time, in nanoseconds since 1970. */
export class Timestamp {
  readonly nanos: bigint;
  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}

export class Duration {
  readonly nanos: bigint;
  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}

export class TypeValue {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

export class Optional {
  readonly value: CelValue | undefined;
  constructor(value?: CelValue) {
    this.value = value;
  }
}

/** A value of one of Kubernetes' libraries. */
export class Opaque {
  readonly label: string;
  /** Equal texts are equal values. */
  readonly identity: string;
  readonly inner: unknown;
  constructor(label: string, identity: string, inner: unknown) {
    this.label = label;
    this.identity = identity;
    this.inner = inner;
  }
}

/** An expression that came to no value; the text is cel-go's. */
export class CelFailure extends Error {}

export function nameOfValue(value: CelValue): string {
  if (value === null) return "null_type";
  switch (typeof value) {
    case "bigint":
      return "int";
    case "number":
      return "double";
    case "string":
      return "string";
    case "boolean":
      return "bool";
  }
  if (Array.isArray(value)) return "list";
  if (value instanceof Map) return "map";
  if (value instanceof Uint8Array) return "bytes";
  if (value instanceof Uint) return "uint";
  if (value instanceof Timestamp) return "timestamp";
  if (value instanceof Duration) return "duration";
  if (value instanceof TypeValue) return "type";
  if (value instanceof Optional) return "optional";
  return (value as Opaque).label;
}

/** Numbers of different types are equal when their values are; everything else only within its type. */
export function isEqual(a: CelValue, b: CelValue): boolean {
  if (a === b) return true;
  const [x, y] = [numberOf(a), numberOf(b)];
  // A bigint and a number that mean the same are == and not ===.
  // biome-ignore lint/suspicious/noDoubleEquals: compares int with double by value
  if (x !== undefined && y !== undefined) return x == y;
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, index) => isEqual(item, b[index] as CelValue));
  if (a instanceof Map && b instanceof Map)
    return a.size === b.size && [...a].every(([key, value]) => b.has(key) && isEqual(value, b.get(key) as CelValue));
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.from(a).equals(b);
  if (a instanceof Timestamp && b instanceof Timestamp) return a.nanos === b.nanos;
  if (a instanceof Duration && b instanceof Duration) return a.nanos === b.nanos;
  if (a instanceof TypeValue && b instanceof TypeValue) return a.name === b.name;
  if (a instanceof Opaque && b instanceof Opaque) return a.label === b.label && a.identity === b.identity;
  if (a instanceof Optional && b instanceof Optional)
    return a.value === undefined || b.value === undefined ? a.value === b.value : isEqual(a.value, b.value);
  return false;
}

/** The number behind a numeric value. */
export function numberOf(value: CelValue): bigint | number | undefined {
  if (typeof value === "bigint" || typeof value === "number") return value;
  return value instanceof Uint ? value.value : undefined;
}

/** -1, 0 or 1. */
export function order(a: CelValue, b: CelValue): number {
  const [x, y] = [orderable(a), orderable(b)];
  return x < y ? -1 : x > y ? 1 : 0;
}

function orderable(value: CelValue): bigint | number | string | boolean {
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (value instanceof Timestamp || value instanceof Duration) return value.nanos;
  if (value instanceof Uint8Array) return Buffer.from(value).toString("latin1");
  return numberOf(value) ?? 0;
}
