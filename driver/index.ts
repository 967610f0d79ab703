export { BEHAVIOURS, type Behaviour, QUIRKS, type Quirk } from "./behaviour.ts";
export { DEFECTS, type Defect, withDefects } from "./defects.ts";
export { Driver } from "./driver.ts";
export { DRIVER_NAME, DRIVER_SERVICE_ACCOUNT, type DriverValues, driverManifests } from "./manifests.ts";
export { loadMountCalls, type Mounter, markerOf, openMounter, plainMounter, tmpfsMounter } from "./mounter/index.ts";
export type { DriverSpec, RunningDriver } from "./spec.ts";
export type { PublishStep, StepObserver } from "./steps.ts";
