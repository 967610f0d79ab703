import { createInterface } from "node:readline/promises";
import { MountproofError } from "../../core/index.ts";
import { obtainConsent, readClusterSettings } from "../../suite/clusters/index.ts";
import { canRunImage, thisMachine } from "../../suite/doctor/index.ts";
import { carriedBy, describeEmulator, findEmulators } from "../../suite/emulators/index.ts";
import { type Case, type PlanRequest, profileOf, REFERENCE, type ReferenceSubject } from "../../suite/index.ts";
import type { RunFlags } from "./flags.ts";
import type { RunOptions } from "./options.ts";

/** Who is examined on a tier, and what cannot be run there. Disposing of it gives back what the tier started. */
export type TierPlan = AsyncDisposable &
  Pick<PlanRequest, "refusal" | "only"> & {
    readonly subjects: readonly ReferenceSubject[];
    /** Keeps what a failed run is looked into by, below the report's folder. */
    readonly failed?: (folder: string) => Promise<void>;
  };

/** Which cases run over a kubeconfig: what they do and look at, they do and see by the API alone. */
const ANY_CLUSTER = {
  tag: "@any-cluster",
  reason: "looks into the cluster's own parts, or makes them fail: not among the cases for any cluster (@any-cluster)",
} as const;

const NOTHING_TO_END = { [Symbol.asyncDispose]: async () => {} };

/**
 * What another tier than E0 puts in place of the fakes or the embedded cluster; undefined on E0.
 * @param runId on what the run makes in a cluster
 * @throws MountproofError `invalid_argument` for a subject of one's own on a tier that runs the reference parts only,
 * `environment` for a cluster that may not be touched
 */
export async function tierOf(
  flags: RunFlags,
  { tier, storesBy }: RunOptions,
  runId: string,
  signal: AbortSignal,
): Promise<TierPlan | undefined> {
  if (tier === "E0") return undefined;
  const subject = Object.entries({
    "--exec": flags.exec,
    "--target": flags.target,
    "--driver": flags.driver,
    "--provider": flags.provider,
    "--processes": flags.processes,
  }).find(([, value]) => value !== undefined);
  if (subject !== undefined)
    throw new MountproofError("invalid_argument", {
      message: `tier ${tier} runs this project's own parts, and ${subject[0]} was given`,
      hint: "leave one of the two out",
    });
  if (tier === "E1") return await emulatorTier(storesBy);
  if (tier === "E3") return await kubeconfigTier(flags, runId);
  const { kindTier } = await import("./kind-tier.ts");
  const kind = await kindTier(flags, runId, signal);
  return {
    ...over(kind.cluster),
    failed: (folder) => kind.failed(folder),
    [Symbol.asyncDispose]: () => kind[Symbol.asyncDispose](),
  };
}

async function kubeconfigTier(flags: RunFlags, runId: string): Promise<TierPlan> {
  const { openContext } = await import("../../clusters/kubeconfig/index.ts");
  const { kubeconfig = "" } = flags;
  const settings = await readClusterSettings(flags.clusterSettings);
  const wish = { yes: flags.yes === true, isNamed: flags.context !== undefined };
  const { name } = await openContext(kubeconfig, flags.context, ({ name: context, server, owner }) =>
    obtainConsent({ context, server, owner, ...wish }, terminal()),
  );
  return over({ kubeconfig, context: name, settings, runId });
}

/** The reference parts in a cluster, and the cases that any cluster can carry. */
function over(cluster: NonNullable<ReferenceSubject["cluster"]>): TierPlan {
  const title = `the reference parts in the cluster of the context "${cluster.context}"`;
  return {
    ...NOTHING_TO_END,
    subjects: [{ kind: "reference", id: "cluster", title, cluster }],
    only: ANY_CLUSTER,
  };
}

/** Somebody to ask; undefined in a pipe or in CI. */
function terminal(): ((question: string) => Promise<string>) | undefined {
  const { stdin, stdout } = process;
  if (!stdin.isTTY || !stdout.isTTY) return undefined;
  return async (question) => {
    const lines = createInterface({ input: stdin, output: stdout });
    try {
      return await lines.question(question);
    } finally {
      lines.close();
    }
  };
}

async function emulatorTier(storesBy: RunOptions["storesBy"]): Promise<TierPlan> {
  const { emulators, missing } = await findEmulators(storesBy, (image) => canRunImage(thisMachine, image), process.env);
  const subjects = emulators.map(
    (emulator): ReferenceSubject => ({
      kind: "reference",
      id: emulator.name,
      title: `the reference parts before ${describeEmulator(emulator)}`,
      emulator,
    }),
  );
  const reasons = missing.map(({ reason }) => reason);
  return {
    ...NOTHING_TO_END,
    subjects: [...subjects, REFERENCE],
    refusal: (one, subject) =>
      subject.kind === "reference" && subject.emulator !== undefined
        ? carriedBy(subject.emulator.name, one)
        : withoutEmulator(one, reasons),
  };
}

/** Why a case has no emulator. */
function withoutEmulator(one: Case, missing: readonly string[]): string {
  const store = profileOf(one.profile)?.store;
  if (store === undefined) return "meets no store of its own: tier E0 covers it";
  if (store !== "vault" && store !== "aws") return `no emulator of ${store} checks what its provider is asked for`;
  return `no emulator of ${store} can be run here: ${missing.join("; ")}`;
}
