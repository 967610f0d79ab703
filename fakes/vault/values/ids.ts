import type { Random } from "../../../core/index.ts";

const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const HEX = "0123456789abcdef";

/** `length` characters as Vault draws them for accessors, lease ids and tokens. */
export function base62(random: Random, length: number): string {
  let text = "";
  for (let i = 0; i < length; i++) text += BASE62[random.integer(0, 61)];
  return text;
}

/** A mount's accessor: its type and eight hex digits. */
export function mountAccessor(random: Random, type: string): string {
  let digits = "";
  for (let i = 0; i < 8; i++) digits += HEX[random.integer(0, 15)];
  return `${type}_${digits}`;
}
