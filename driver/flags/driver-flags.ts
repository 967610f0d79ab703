import type { FlagTable, FlagValues } from "../../core/go/flags.ts";
import { BEHAVIOURS } from "../behaviour.ts";

/** Upstream's flags by their names and defaults, then this project's own. */
export const DRIVER_FLAGS = {
  endpoint: {
    kind: "string",
    initial: "unix://tmp/csi.sock",
    usage: "where to serve CSI: unix://path or tcp://host:port",
  },
  drivername: { kind: "string", initial: "secrets-store.csi.k8s.io", usage: "name of the driver" },
  nodeid: { kind: "string", initial: "", usage: "name of the node" },
  "log-format-json": { kind: "boolean", initial: "false", usage: "accepted; logs are always JSON, a line each" },
  "provider-volume": {
    kind: "string",
    initial: "/var/run/secrets-store-csi-providers",
    usage: "folder of the providers' sockets",
  },
  "additional-provider-volume-paths": {
    kind: "string",
    initial: "/etc/kubernetes/secrets-store-csi-providers",
    usage: "comma-separated folders that are searched before",
  },
  "enable-secret-rotation": {
    kind: "boolean",
    initial: "false",
    usage: "ask providers again when kubelet republishes",
  },
  "rotation-poll-interval": {
    kind: "duration",
    initial: "2m",
    usage: "shortest time between two rotations of a volume",
  },
  "enable-pprof": { kind: "boolean", initial: "false", usage: "not available: there is no Go runtime to profile" },
  "pprof-port": { kind: "integer", initial: "6065", usage: "see --enable-pprof" },
  "max-call-recv-msg-size": { kind: "integer", initial: "4194304", usage: "largest answer of a provider, in bytes" },
  "provider-health-check": { kind: "boolean", initial: "false", usage: "ask providers for their version regularly" },
  "provider-health-check-interval": { kind: "duration", initial: "2m", usage: "how often" },
  "metrics-addr": { kind: "string", initial: ":8095", usage: "where to serve metrics; 0 for nowhere" },
  "metrics-backend": { kind: "string", initial: "Prometheus", usage: "Prometheus is the only one" },
  kubeconfig: { kind: "string", initial: "", usage: "file to reach the API server with; in a pod its own account" },
  v: { kind: "integer", initial: "0", usage: "verbosity: 4 and more log every call" },
  version: { kind: "boolean", initial: "false", usage: "print the version and exit" },
  behaviour: { kind: "string", initial: "hardened", usage: `one of ${BEHAVIOURS.join(", ")}` },
  "republish-errors": {
    kind: "string",
    initial: "mask",
    usage: "mask, or return for kubelets that keep the mount after an error",
  },
  "kubelet-root-dir": {
    kind: "string",
    initial: "/var/lib/kubelet",
    usage: "where kubelet keeps its pods' volumes: after a restart, their Secrets are looked after again",
  },
  "registration-socket": {
    kind: "string",
    initial: "",
    usage: "register with kubelet by this socket in its plugins_registry, instead of node-driver-registrar",
  },
  "kubelet-registration-path": {
    kind: "string",
    initial: "",
    usage: "the driver's socket as kubelet sees it, where that differs from --endpoint",
  },
  "journal-file": { kind: "string", initial: "", usage: "write each call served and made there, as a line of JSON" },
  help: { kind: "boolean", initial: "false", usage: "print this" },
} as const satisfies FlagTable;

export type DriverFlags = FlagValues<typeof DRIVER_FLAGS>;
