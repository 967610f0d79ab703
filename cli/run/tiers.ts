import { createInterface } from "node:readline/promises";
import { MountproofError } from "../../core/index.ts";
import { obtainConsent, readClusterSettings } from "../../suite/clusters/index.ts";
import { canRunImage, thisMachine } from "../../suite/doctor/index.ts";
import { carriedBy, describeEmulator, type Found, findEmulators, STORE_OF } from "../../suite/emulators/index.ts";
import {
  emulatorOfSubject,
  type PlanRequest,
  profileOf,
  REFERENCE,
  type ReferenceSubject,
  type Store,
  type StoreProviderProgram,
} from "../../suite/index.ts";
import { programPath } from "../../suite/subjects/program-file.ts";
import type { RunFlags } from "./flags.ts";
import { type RunOptions, storeProvider } from "./options.ts";

/** Who is examined on a tier, and what cannot be run there. Disposing of it gives back what the tier started. */
export type TierPlan = AsyncDisposable &
  Pick<PlanRequest, "refusal" | "only"> & {
    readonly subjects: readonly (ReferenceSubject | StoreProviderProgram)[];
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
  if (tier === "E1" && flags.provider !== undefined) return await programBeforeEmulators(flags.provider, storesBy);
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
      hint:
        tier === "E1"
          ? "a store's provider is run before its emulators by --provider STORE=PATH; drivers meet no store: tier E0 covers them"
          : "leave one of the two out",
    });
  if (tier === "E1") return await emulatorTier(storesBy);
  if (tier === "E3") return await kubeconfigTier(flags, runId);
  const { kindTier } = await import("./kind-tier.ts");
  const kind = await kindTier(flags, runId, signal);
  return {
    ...over(kind.cluster, kind.others),
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
function over(cluster: NonNullable<ReferenceSubject["cluster"]>, others: readonly string[] = []): TierPlan {
  const also = others.length === 0 ? "" : `, ${others.join(" and ")} in the place of theirs,`;
  const title = `the reference parts${also} in the cluster of the context "${cluster.context}"`;
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
  const { emulators, missing } = await emulatorsHere(storesBy);
  const subjects = emulators.map(
    (emulator): ReferenceSubject => ({
      kind: "reference",
      id: emulator.name,
      title: `the reference parts before ${describeEmulator(emulator)}`,
      emulator,
    }),
  );
  return {
    ...NOTHING_TO_END,
    subjects: [...subjects, REFERENCE],
    refusal: (one, subject) =>
      subject.kind === "reference" && subject.emulator !== undefined
        ? carriedBy(subject.emulator.name, one)
        : withoutEmulator(profileOf(one.profile)?.store, missing),
  };
}

/** A store's provider as its vendor ships it, before each emulator of its store that can be run here. */
async function programBeforeEmulators(given: string, storesBy: RunOptions["storesBy"]): Promise<TierPlan> {
  const { store, path } = storeProvider(given);
  const program = programPath(path, `provider ${store}`);
  const { emulators, missing } = await emulatorsHere(storesBy);
  const subjects = emulators
    .filter((emulator) => emulator.store === store)
    .map(
      (emulator): StoreProviderProgram => ({
        kind: "store-provider",
        id: `${store}-${emulator.name}`,
        title: `${given} before ${describeEmulator(emulator)}`,
        store,
        path: program,
        emulator,
      }),
    );
  if (subjects.length === 0)
    throw new MountproofError("environment", {
      message: `tier E1 cannot run here with ${given}: ${withoutEmulator(store, missing)}`,
      hint: "without --tier it meets a fake that checks who asks",
    });
  return {
    ...NOTHING_TO_END,
    subjects,
    refusal: (one, subject) => {
      const emulator = emulatorOfSubject(subject);
      return emulator === undefined ? undefined : carriedBy(emulator.name, one);
    },
  };
}

async function emulatorsHere(storesBy: RunOptions["storesBy"]): Promise<Found> {
  return await findEmulators(storesBy, (image) => canRunImage(thisMachine, image), process.env);
}

/** Why a case has no emulator. */
function withoutEmulator(store: Store | undefined, missing: Found["missing"]): string {
  if (store === undefined) return "meets no store of its own: tier E0 covers it";
  if (store !== "vault" && store !== "aws") return `no emulator of ${store} checks what its provider is asked for`;
  const mine = missing.filter(({ name }) => STORE_OF[name] === store).map(({ reason }) => reason);
  return `no emulator of ${store} can be run here: ${mine.join("; ")}`;
}
