import { inspect } from "node:util";

type Sides = {
  readonly expected: unknown;
  readonly got: unknown;
  readonly hint?: string;
  /** The case whose own requirement this is: where another case fails by it, that one is to be mended first. */
  readonly requirement?: string;
};

/** An expectation that was not met, with both sides for the report. */
export class CheckFailed extends Error {
  override readonly name = "CheckFailed";
  readonly expected: string;
  readonly got: string;
  readonly hint: string | undefined;
  readonly requirement: string | undefined;

  constructor(message: string, sides: Sides) {
    super(message);
    this.expected = shown(sides.expected);
    this.got = shown(sides.got);
    this.hint = sides.hint;
    this.requirement = sides.requirement;
  }
}

/**
 * One assertion of a case. The message says what was to hold; expected and got stand beside each other in the
 * report, so neither may hold a secret's value: show digests, sizes, names.
 *
 * @example check(mode <= 0o777, "every mode is within 0..511", { expected: "0..511", got: mode });
 */
export function check(holds: boolean, message: string, sides: Sides): asserts holds {
  if (!holds) throw new CheckFailed(message, sides);
}

/** Two values that must look the same when printed. Order counts; sort what has none. */
export function checkSame(got: unknown, expected: unknown, message: string, hint?: string, requirement?: string): void {
  const sides = {
    expected,
    got,
    ...(hint !== undefined && { hint }),
    ...(requirement !== undefined && { requirement }),
  };
  check(shown(got) === shown(expected), message, sides);
}

function shown(value: unknown): string {
  return typeof value === "string"
    ? value
    : inspect(value, { depth: 6, breakLength: 100, maxArrayLength: 50, maxStringLength: 2000, sorted: true });
}
