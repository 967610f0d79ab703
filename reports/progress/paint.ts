/** Colours by meaning; without colour, the text as it is. */
export type Paint = Readonly<Record<"good" | "bad" | "warn" | "faint" | "strong", (text: string) => string>>;

const sgr =
  (open: number, close: number) =>
  (text: string): string =>
    `\u001b[${open}m${text}\u001b[${close}m`;

export const COLOURS: Paint = {
  good: sgr(32, 39),
  bad: sgr(31, 39),
  warn: sgr(33, 39),
  faint: sgr(2, 22),
  strong: sgr(1, 22),
};

const asIs = (text: string): string => text;
export const NO_COLOURS: Paint = { good: asIs, bad: asIs, warn: asIs, faint: asIs, strong: asIs };
