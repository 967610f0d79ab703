import { MountproofError } from "../core/errors.ts";

/** One of a closed set, in whatever case it was typed. @throws MountproofError `invalid_argument` naming the flag */
export function oneOf<T extends string>(flag: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one.toLowerCase() === value.toLowerCase());
  if (found === undefined) throw wrong(flag, value, `one of: ${allowed.join(", ")}`);
  return found;
}

/** @throws MountproofError `invalid_argument` naming the flag, what it got and what it takes */
export function whole(flag: string, value: string, low: number, high: number): number {
  const number = Number(value);
  if (!/^\d+$/.test(value) || number < low || number > high)
    throw wrong(flag, value, `a whole number from ${low} to ${high}`);
  return number;
}

/** `--port "x" is not a whole number from 0 to 65535` */
export function wrong(flag: string, value: string, takes: string): MountproofError {
  return new MountproofError("invalid_argument", { message: `${flag} "${value}" is not ${takes}` });
}
