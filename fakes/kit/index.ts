export { CONTROL_PORT, type ContainerParts, PLAIN_PORT, runFakeContainer, TLS_PORT } from "./container.ts";
export { CONTROL_ROOT, type Controls, controlHandler, type Seed } from "./control.ts";
export { type FakeServerSpec, type RunningFakeServer, startFakeServer } from "./fake-server.ts";
export { type StoreFrontSpec, startStoreFront } from "./front.ts";
export { IssuerError, IssuerKeys, type IssuerKeysOptions } from "./issuer-keys.ts";
export { type RemoteStore, remoteStore, toldControl } from "./told.ts";
