export { obtainConsent, type Question } from "./consent.ts";
export { type ClusterSettings, readClusterSettings } from "./settings.ts";
