export * from "./client.ts";
export { createKubeClient, type KubeClientOptions } from "./create-client.ts";
export { type EventRecorder, type EventRecorderOptions, type EventTarget, startEventRecorder } from "./events.ts";
export { startInformer } from "./informer.ts";
export { kubeconfigText, loadKubeConfig } from "./kube-config.ts";
export * from "./resources.ts";
export { serviceResolver } from "./service-resolver.ts";
export { tokenReviewer } from "./token-reviewer.ts";
export * from "./types.ts";
