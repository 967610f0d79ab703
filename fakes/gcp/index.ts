export { type GcpTold, openRemoteGcp } from "./admin.ts";
export { FakeGcp, type FakeGcpSpec, type RunningFakeGcp } from "./fake-gcp.ts";
export type { GcpSeed } from "./seed.ts";
