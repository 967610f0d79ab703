export { carriedBy } from "./carried.ts";
export {
  describeEmulator,
  EMULATORS,
  type Emulator,
  type EmulatorName,
  type EmulatorPlace,
  type RunningEmulator,
  STORE_OF,
} from "./emulator.ts";
export { type Found, findEmulators, type ImageCheck, WAYS, type Way } from "./find.ts";
export { startEmulator } from "./start.ts";
