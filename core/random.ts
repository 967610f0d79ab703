import { randomBytes, randomUUID } from "node:crypto";

/** Randomness as a service, so that jitter and generated names replay by seed. */
export type Random = {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform integer in [low, high]. */
  integer(low: number, high: number): number;
  /** `length` characters of Kubernetes' safe alphabet, as generateName uses them. */
  suffix(length: number): string;
  uuid(): string;
};

/** The alphabet of k8s.io/apimachinery's rand: no vowels, no look-alikes. */
const SAFE = "bcdfghjklmnpqrstvwxz2456789";

/** A generator that repeats itself for the same seed (mulberry32); uuids come from it too. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  const hex = (digits: number): string =>
    Array.from({ length: digits }, () => Math.floor(next() * 16).toString(16)).join("");
  return {
    next,
    integer: (low, high) => low + Math.floor(next() * (high - low + 1)),
    suffix: (length) => Array.from({ length }, () => SAFE[Math.floor(next() * SAFE.length)]).join(""),
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-${"89ab"[Math.floor(next() * 4)]}${hex(3)}-${hex(12)}`,
  };
}

/**
 * The generator of one thing among many, such as a pod: what it draws depends on the seed and the thing's name, and
 * not on who else drew before. FNV-1a mixes the name in.
 */
export function namedRandom(seed: number, name: string): Random {
  let mixed = (seed ^ 0x811c9dc5) >>> 0;
  for (const byte of Buffer.from(name)) mixed = Math.imul(mixed ^ byte, 0x01000193) >>> 0;
  return seededRandom(mixed);
}

const BYTES_A_NUMBER = 6;

/** The system's randomness. */
export function systemRandom(): Random {
  // Asked of the system by the page: a name alone takes twenty.
  let pool = Buffer.alloc(0);
  let at = 0;
  const next = (): number => {
    if (at === pool.length) {
      pool = randomBytes(BYTES_A_NUMBER * 128);
      at = 0;
    }
    at += BYTES_A_NUMBER;
    return pool.readUIntBE(at - BYTES_A_NUMBER, BYTES_A_NUMBER) / 2 ** (8 * BYTES_A_NUMBER);
  };
  return {
    next,
    integer: (low, high) => low + Math.floor(next() * (high - low + 1)),
    suffix: (length) => Array.from({ length }, () => SAFE[Math.floor(next() * SAFE.length)]).join(""),
    uuid: randomUUID,
  };
}
