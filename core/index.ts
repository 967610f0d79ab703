export { Activity, type ActivityChannel, type ActivityToken } from "./activity.ts";
export { Canaries, type CanarySighting } from "./canary.ts";
export {
  type Clock,
  type Deadline,
  hours,
  minutes,
  RealClock,
  seconds,
  type Timer,
  type TimerOptions,
  VirtualClock,
} from "./clock.ts";
export { crc32c } from "./crc32c.ts";
export {
  type Culprit,
  ERROR_CODES,
  type ErrorCode,
  isMountproofError,
  MountproofError,
  type MountproofErrorOptions,
  messageOf,
} from "./errors.ts";
export { makeFolders } from "./folder.ts";
export { copyJson, sameJson, shareSame } from "./json.ts";
export { createLog, type Log, type LogFields, type LogLevel, type LogOptions, silentLog } from "./log.ts";
export { namedRandom, type Random, seededRandom, systemRandom } from "./random.ts";
export { Digester, Secret } from "./redaction.ts";
export { Scope } from "./scope.ts";
export { waiting } from "./waiting.ts";
