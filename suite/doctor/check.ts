/** Something this machine has, or has not. */
export type Check = {
  readonly id: string;
  readonly name: string;
  readonly ok: boolean;
  /** What was found, or why it is of no use. */
  readonly detail: string;
  /** What to do about a no. */
  readonly todo?: string;
};
