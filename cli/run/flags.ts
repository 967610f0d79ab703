import type { SelectionFlags } from "../selection-flags.ts";

/** The flags of `run` and `e2e`, as they were typed. */
export type RunFlags = SelectionFlags & {
  readonly exec?: string;
  readonly target?: string;
  readonly driver?: string;
  readonly provider?: string;
  readonly providerName: string;
  readonly readyWithin: string;
  readonly answerWithin: string;
  readonly parameters?: string;
  readonly missing?: string;
  readonly rotate?: string;
  readonly secretValues?: string;
  readonly behaviour?: string;
  readonly tier: string;
  readonly storesBy: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly yes?: boolean;
  readonly clusterSettings?: string;
  readonly image?: string;
  readonly baseImage?: string;
  readonly keep?: boolean;
  readonly reuse?: boolean;
  readonly seed?: string;
  readonly order: string;
  readonly repeat: string;
  readonly workers?: string;
  readonly waivers?: string;
  readonly out: string;
  readonly realClock?: boolean;
  readonly slow?: boolean;
  readonly cluster: string;
  readonly processes?: boolean;
  readonly keepJournals?: boolean;
  readonly plain?: boolean;
};
