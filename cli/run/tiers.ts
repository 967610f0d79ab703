import { MountproofError } from "../../core/index.ts";
import { canRunImage, thisMachine } from "../../suite/doctor/index.ts";
import { carriedBy, describeEmulator, findEmulators } from "../../suite/emulators/index.ts";
import { type Case, type PlanRequest, profileOf, REFERENCE, type ReferenceSubject } from "../../suite/index.ts";
import type { RunFlags } from "../run.ts";
import type { RunOptions } from "./options.ts";

/** Who is examined on a tier, and what cannot be run there. */
export type TierPlan = {
  readonly subjects: readonly ReferenceSubject[];
  readonly refusal: NonNullable<PlanRequest["refusal"]>;
};

/**
 * What another tier than E0 puts in place of the fakes or the embedded cluster; undefined on E0.
 * @throws MountproofError `invalid_argument` for a subject of one's own on a tier that runs the reference parts only
 */
export async function tierOf(flags: RunFlags, { tier, storesBy }: RunOptions): Promise<TierPlan | undefined> {
  if (tier !== "E1") return undefined;
  const subject = Object.entries({
    "--exec": flags.exec,
    "--target": flags.target,
    "--driver": flags.driver,
    "--provider": flags.provider,
    "--processes": flags.processes,
  }).find(([, value]) => value !== undefined);
  if (subject !== undefined)
    throw new MountproofError("invalid_argument", {
      message: `tier E1 runs this project's own parts before stores that others wrote, and ${subject[0]} was given`,
      hint: "leave one of the two out",
    });
  return await emulatorTier(storesBy);
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
  return {
    subjects: [...subjects, REFERENCE],
    refusal: (one, subject) =>
      subject.kind === "reference" && subject.emulator !== undefined
        ? carriedBy(subject.emulator.name, one)
        : withoutEmulator(
            one,
            missing.map(({ reason }) => reason),
          ),
  };
}

/** Why a case has no emulator. */
function withoutEmulator(one: Case, missing: readonly string[]): string {
  const store = profileOf(one.profile)?.store;
  if (store === undefined) return "meets no store of its own: tier E0 covers it";
  if (store !== "vault" && store !== "aws") return `no emulator of ${store} checks what its provider is asked for`;
  return `no emulator of ${store} can be run here: ${missing.join("; ")}`;
}
