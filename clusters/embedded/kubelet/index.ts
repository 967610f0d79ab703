export type { Execution } from "./containers/execution.ts";
export { type LogLine, readLog } from "./containers/log-file.ts";
export type { PartStarter } from "./containers/part-container.ts";
export { Processes, type ProcessGroups } from "./containers/processes.ts";
export { builtInProgram, type HostCommand, type Program } from "./containers/program.ts";
export type { ImageUser } from "./containers/rights.ts";
export {
  type ContainerMount,
  type ContainerRuntime,
  ContainerStartError,
  ImageError,
  type SandboxNetwork,
} from "./containers/runtime.ts";
export { SimulatedRuntime } from "./containers/simulated-runtime.ts";
export { openViews } from "./containers/views.ts";
export { Kubelet, type KubeletSpec, type RunningKubelet } from "./kubelet.ts";
export { type Mounts, openMounts, plainMounts } from "./mounts.ts";
export { type KubeletTiming, kubeletTiming } from "./timing.ts";
