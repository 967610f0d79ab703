import { goDuration } from "../values/duration.ts";

/** What limits a TTL: the mount's own default and maximum, in seconds. */
export type TtlLimits = { readonly defaultTtl: number; readonly maxTtl: number };

export type TtlRequest = {
  readonly increment?: number;
  readonly backendTtl?: number;
  readonly period?: number;
  readonly backendMaxTtl?: number;
  readonly explicitMaxTtl?: number;
  /** Seconds since the token or lease was issued. */
  readonly age?: number;
};

export type Ttl = { readonly seconds: number; readonly warnings: readonly string[] };

/** The system's defaults: 32 days each. */
export const SYSTEM_TTL: TtlLimits = { defaultTtl: 2_764_800, maxTtl: 2_764_800 };

/**
 * The TTL that is granted (Vault's rule: framework.CalculateTTL). Periodic tokens get their period, others
 * what was asked for, then the role's, then the mount's; never past the smallest of the maxima.
 */
export function calculateTtl(limits: TtlLimits, request: TtlRequest): Ttl {
  const { increment = 0, backendTtl = 0, period = 0, backendMaxTtl = 0, explicitMaxTtl = 0, age = 0 } = request;
  let maxTtl = limits.maxTtl;
  if (backendMaxTtl > 0 && backendMaxTtl < maxTtl) maxTtl = backendMaxTtl;
  if (explicitMaxTtl > 0 && explicitMaxTtl < maxTtl) maxTtl = explicitMaxTtl;
  const warnings: string[] = [];
  if (period > 0) {
    let ttl = period;
    if (ttl > maxTtl) {
      warnings.push(
        `period of ${quoted(ttl)} exceeded the effective max_ttl of ${quoted(maxTtl)}; period value is capped accordingly`,
      );
      ttl = maxTtl;
    }
    if (explicitMaxTtl > 0) ttl = Math.max(0, Math.min(ttl, explicitMaxTtl - age));
    return { seconds: ttl, warnings };
  }
  let ttl = increment > 0 ? increment : backendTtl > 0 ? backendTtl : limits.defaultTtl;
  const left = maxTtl - age;
  if (left <= 0) return { seconds: 0, warnings: ["past the max TTL, cannot renew"] };
  if (ttl > left) {
    warnings.push(
      `TTL of ${quoted(ttl)} exceeded the effective max_ttl of ${quoted(left)}; TTL value is capped accordingly`,
    );
    ttl = left;
  }
  return { seconds: ttl, warnings };
}

function quoted(seconds: number): string {
  return `"${goDuration(seconds)}"`;
}
