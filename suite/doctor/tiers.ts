import type { Tier } from "../needs.ts";
import type { Check } from "./check.ts";

export type TierVerdict = { readonly tier: Tier; readonly ok: boolean; readonly detail: string };

/** What each tier cannot do without, by the ids of checks; of a list in a list one is enough. */
const NEEDED: Readonly<Record<Tier, readonly (string | readonly string[])[]>> = {
  E0: ["node"],
  E1: ["node", ["vault", "openbao", "moto", "localstack"]],
  E2: ["node", "docker", "kind"],
  E3: ["node"],
};

const RUNS: Readonly<Record<Tier, string>> = {
  E0: "embedded cluster and fakes",
  E1: "embedded cluster, stores that others wrote",
  E2: "kind",
  E3: "any cluster by its kubeconfig: mountproof run --tier E3 --kubeconfig FILE",
};

/** Which tiers can run by these checks, and what the others lack. Pure. */
export function tiersOf(checks: readonly Check[]): TierVerdict[] {
  const byId = new Map(checks.map((check) => [check.id, check]));
  return Object.entries(NEEDED).map(([tier, needed]) => {
    const lacking = needed.flatMap((need) => {
      const some = typeof need === "string" ? [need] : need;
      if (some.some((id) => byId.get(id)?.ok === true)) return [];
      return [some.map((id) => byId.get(id)?.detail ?? `${id} was not looked for`).join("; or ")];
    });
    const ok = lacking.length === 0;
    return { tier: tier as Tier, ok, detail: ok ? `${RUNS[tier as Tier]}${warnings(tier, byId)}` : lacking.join("; ") };
  });
}

/** What may stop a tier though nothing that it needs is missing. */
function warnings(tier: string, byId: ReadonlyMap<string, Check>): string {
  if (tier !== "E2") return "";
  return ["sys-resource", "cgroups"]
    .map((id) => byId.get(id))
    .filter((check) => check?.ok === false)
    .map((check) => `; but ${check?.detail}`)
    .join("");
}
