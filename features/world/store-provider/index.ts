export {
  HOSTS_ADDRESS,
  ownCommand,
  type StoreProviderPlace,
  startInProcess,
  startStoreProvider,
  storeProgram,
} from "./program.ts";
export {
  type MountCall,
  NamedValues,
  NOTHING_MOUNTED,
  type ObjectVersion,
  type ProgramNeeds,
  type ProviderParts,
  ProviderUnderTest,
  type StoreOutcome,
  type VolumeFile,
} from "./provider-under-test.ts";
