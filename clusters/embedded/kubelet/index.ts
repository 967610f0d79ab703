export { type ContainerRuntime, ImageError } from "./containers/runtime.ts";
export { builtInProgram, type Program, SimulatedRuntime } from "./containers/simulated-runtime.ts";
export { Kubelet, type KubeletSpec, type RunningKubelet } from "./kubelet.ts";
export { type Mounts, openMounts, plainMounts } from "./mounts.ts";
export { type KubeletTiming, kubeletTiming } from "./timing.ts";
