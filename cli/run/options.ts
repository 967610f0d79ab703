import { MountproofError } from "../../core/index.ts";
import { WAYS, type Way } from "../../suite/emulators/index.ts";
import { BEHAVIOURS, type Behaviour, STORES, type Store, TIERS, type Tier } from "../../suite/index.ts";
import { oneOf, whole, wrong } from "../flag-values.ts";
import type { RunFlags } from "./flags.ts";

export type RunOptions = {
  readonly behaviour: Behaviour | "declared" | "all" | undefined;
  readonly tier: Tier;
  readonly storesBy: Way;
  readonly seed: number;
  readonly order: "random" | "defined";
  readonly repeat: number;
  readonly readyWithinMs: number;
  readonly answerWithinMs: number;
  readonly providerName: string;
  /** Processes that the cases are spread over; undefined: as many as make sense. */
  readonly workers: number | undefined;
};

/** Upstream's rule for provider names, which is also what a socket can be called. */
const PROVIDER_NAME = /^[a-zA-Z0-9_-]{1,30}$/;

const WISHES = [...BEHAVIOURS, "declared", "all"] as const;

/** @throws MountproofError `invalid_argument` naming the flag, what it got and what it takes */
export function readOptions(flags: RunFlags, randomSeed: () => number): RunOptions {
  if (!PROVIDER_NAME.test(flags.providerName ?? "subject"))
    throw wrong("--provider-name", flags.providerName ?? "", "a name of up to 30 letters, digits, - and _");
  return {
    behaviour: flags.behaviour === undefined ? undefined : oneOf("--behaviour", flags.behaviour, WISHES),
    tier: tierFor(flags),
    storesBy: oneOf("--stores-by", flags.storesBy ?? "auto", WAYS),
    order: oneOf("--order", flags.order, ["random", "defined"]),
    seed: flags.seed === undefined ? randomSeed() : whole("--seed", flags.seed, 0, 2 ** 32 - 1),
    repeat: whole("--repeat", flags.repeat, 1, 10_000),
    readyWithinMs: whole("--ready-within", flags.readyWithin ?? "5", 1, 600) * 1000,
    answerWithinMs: whole("--answer-within", flags.answerWithin ?? "5", 1, 120) * 1000,
    providerName: flags.providerName ?? "subject",
    workers: flags.workers === undefined ? undefined : whole("--workers", flags.workers, 1, 64),
  };
}

/** A kubeconfig means tier E3, unless another is named. */
function tierFor({ tier, kubeconfig, context, yes, clusterSettings }: RunFlags): Tier {
  const named = oneOf("--tier", tier, TIERS);
  const isRemote = named === "E3" || named === "E2" || kubeconfig !== undefined;
  const stray = Object.entries({ "--context": context, "--yes": yes, "--cluster-settings": clusterSettings }).find(
    ([, value]) => value !== undefined,
  );
  if (stray !== undefined && !isRemote)
    throw new MountproofError("invalid_argument", {
      message: `${stray[0]} speaks of a cluster, and no --kubeconfig names one`,
    });
  if (kubeconfig !== undefined && named !== "E0" && named !== "E3")
    throw new MountproofError("invalid_argument", {
      message: `--kubeconfig is tier E3, and --tier ${named} was given`,
    });
  if (named === "E3" && kubeconfig === undefined)
    throw new MountproofError("invalid_argument", {
      message: "tier E3 runs over a cluster of yours, and no --kubeconfig names one",
      hint: "mountproof run --kubeconfig FILE --context NAME",
    });
  return kubeconfig === undefined ? named : "E3";
}

/** `vault=/usr/bin/vault-csi-provider` */
export function storeProvider(text: string): { readonly store: Store; readonly path: string } {
  const [, name, path] = /^(\w+)=(.+)$/.exec(text) ?? [];
  const store = STORES.find((one) => one === name);
  if (store === undefined || path === undefined)
    throw wrong("--provider", text, `STORE=PATH with a store of: ${STORES.join(", ")}`);
  return { store, path };
}

/** `unix:/run/p.sock` → `/run/p.sock` */
export function targetPath(target: string): string {
  const path = /^unix:(?:\/\/)?(.+)$/.exec(target)?.[1];
  if (path === undefined) throw wrong("--target", target, "unix:PATH");
  return path;
}
