export { obtainConsent, type Question } from "./consent.ts";
export { type ClusterSettings, type OwnStore, readClusterSettings } from "./settings.ts";
