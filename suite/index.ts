export type { Case, Catalogue, Level, Problem, Strength } from "./catalogue/case.ts";
export { assertSound, loadCatalogue, problemLine } from "./catalogue/load.ts";
export { EVIDENCE, type Evidence, SkipCase } from "./evidence.ts";
export { Guard, isWord } from "./guard.ts";
export { type InputFiles, readInputs } from "./inputs.ts";
export { type Right, withoutRight } from "./judge/rights.ts";
export { type Layout, layoutOf } from "./layout.ts";
export { type Availability, BEHAVIOURS, type Behaviour, NEEDS, type Need, TIERS, type Tier } from "./needs.ts";
export { type Pass, type Plan, type PlannedSkip, type PlanRequest, planRun } from "./plan.ts";
export { PROFILE_IDS, PROFILES, type Profile, profileOf } from "./profiles.ts";
export { currentPass, logFileOf, type PassContext, type RunContext } from "./run-context.ts";
export { createOwnedFolder } from "./run-folder.ts";
export { EVERYTHING, isPartial, type Selection, select } from "./selection.ts";
export { execProvider } from "./subjects/exec-provider.ts";
export { KeptLog, redactFile } from "./subjects/kept-log.ts";
export { endText, Program, type ProgramEnd, type ProgramSpec, type RunningProgram } from "./subjects/program.ts";
export { answers } from "./subjects/readiness.ts";
export { STORES, type Store } from "./subjects/store.ts";
export {
  type ClusterUnderTest,
  type DriverInProcess,
  type DriverProgram,
  type DriverSubject,
  emulatorOfSubject,
  type Parameters,
  type ProviderInputs,
  type ProviderSubject,
  REFERENCE,
  type ReferenceSubject,
  type RunningProvider,
  type SecretValues,
  type SocketPlace,
  type StoreProviderProgram,
  type StoreProviderSubject,
  type Subject,
  type SubjectPlace,
} from "./subjects/subject.ts";
export { targetProvider } from "./subjects/target-provider.ts";
export { verdicts } from "./verdicts.ts";
export { applyWaivers, readWaivers, type Waiver } from "./waivers.ts";
