import type { Case } from "../catalogue/case.ts";
import type { EmulatorName } from "./emulator.ts";

type Rule = {
  readonly emulators: readonly EmulatorName[];
  /** Ids, whole: `AAUTH-.*` */
  readonly cases: RegExp;
  readonly reason: string;
};

/**
 * What an emulator cannot carry, and why; the first rule that fits is told. Everything else runs on it as on a fake, so
 * a case that comes to fail here is either a defect of the provider, or tells of a difference that `docs/fakes.md` lists.
 */
const NOT_CARRIED: readonly Rule[] = [
  {
    emulators: ["moto", "localstack"],
    cases: /^(A19|A20|A21|A21w|A22|A22w|AAUTH-(03|2[01]))$/,
    reason: "the emulator has no EKS Pod Identity agent",
  },
  {
    emulators: ["moto", "localstack"],
    cases: /^(A30|A30w|AAUTH-(0[2-9]|1[0-4]))$/,
    reason: "the emulator checks no identity: any token becomes any role, and every role may do everything",
  },
  {
    emulators: ["moto", "localstack"],
    cases: /^AAUTH-15$/,
    reason:
      'the emulator says of a deleted secret that it is "currently marked deleted", AWS that it "was marked for deletion"',
  },
];

/** Why the emulator cannot carry the case; undefined when it can. */
export function carriedBy(emulator: EmulatorName, one: Pick<Case, "id">): string | undefined {
  return NOT_CARRIED.find(({ emulators, cases }) => emulators.includes(emulator) && cases.test(one.id))?.reason;
}
