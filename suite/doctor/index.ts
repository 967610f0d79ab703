export type { Check } from "./check.ts";
export { examine } from "./checks.ts";
export { canRunImage } from "./docker.ts";
export { type Answer, type System, thisMachine } from "./system.ts";
export { type TierVerdict, tiersOf } from "./tiers.ts";
