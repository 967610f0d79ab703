export { FakeGcp, type FakeGcpSpec, type RunningFakeGcp } from "./fake-gcp.ts";
export type { Policies } from "./iam/policies.ts";
export type { GcpSeed } from "./seed.ts";
