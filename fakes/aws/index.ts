export { AwsAdmin, type ParameterSeed, type SecretSeed, STS_AUDIENCE } from "./admin.ts";
export { AwsRefusal } from "./errors.ts";
export { FakeAws, type FakeAwsSpec, type RunningFakeAws } from "./fake-aws.ts";
export { type AwsAccount, openRemoteAws } from "./remote.ts";
export { type AwsSeed, seedAws } from "./seed.ts";
export { type AwsHandle, type AwsTold, openServedAws } from "./served.ts";
