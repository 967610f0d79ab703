import { BREAKS } from "./breaks.ts";
import type { ProviderSpoiler } from "./spoil.ts";
import { PROVIDER_SPOILERS } from "./spoilers.ts";

export type SpoiltProvider = ProviderSpoiler & {
  /** The must-cases that notice. */
  readonly breaks: readonly string[];
};

/** Providers of each store with one defect each (design, rule 6), by profile. */
export const SPOILT_PROVIDERS: Readonly<Record<string, readonly SpoiltProvider[]>> = Object.fromEntries(
  Object.entries(BREAKS).map(([profile, breaks]) => [
    profile,
    PROVIDER_SPOILERS.flatMap((spoiler) => {
      const noticed = breaks[spoiler.id];
      return noticed === undefined ? [] : [{ ...spoiler, breaks: noticed }];
    }),
  ]),
);
