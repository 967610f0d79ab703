import type { Container, Pod } from "../types.ts";
import { ContainerConfigError } from "./env.ts";

/** Whom an image's processes are when a pod says nothing else (an image's USER). */
export type ImageUser = { readonly uid: number; readonly gid?: number | undefined };

/** Who a container's processes are and what they may do. */
export type Rights = {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  /** Without the prefix `CAP_`; `all`: whatever this machine's programs have. */
  readonly capabilities: readonly string[] | "all";
  /** No program gives it more than it has, whatever its file's mode says (no_new_privs). */
  readonly gainsNone: boolean;
};

/** What containerd gives a container that asks for nothing. */
const DEFAULT_CAPABILITIES = [
  "CHOWN",
  "DAC_OVERRIDE",
  "FSETID",
  "FOWNER",
  "MKNOD",
  "NET_RAW",
  "SETGID",
  "SETUID",
  "SETFCAP",
  "SETPCAP",
  "NET_BIND_SERVICE",
  "SYS_CHROOT",
  "KILL",
  "AUDIT_WRITE",
] as const;

/** Those that a container can be given besides; runc passes over any other name. */
const MORE_CAPABILITIES = [
  "DAC_READ_SEARCH",
  "LINUX_IMMUTABLE",
  "NET_BROADCAST",
  "NET_ADMIN",
  "IPC_LOCK",
  "IPC_OWNER",
  "SYS_MODULE",
  "SYS_RAWIO",
  "SYS_PTRACE",
  "SYS_PACCT",
  "SYS_ADMIN",
  "SYS_BOOT",
  "SYS_NICE",
  "SYS_RESOURCE",
  "SYS_TIME",
  "SYS_TTY_CONFIG",
  "LEASE",
  "AUDIT_CONTROL",
  "MAC_OVERRIDE",
  "MAC_ADMIN",
  "SYSLOG",
  "WAKE_ALARM",
  "BLOCK_SUSPEND",
  "AUDIT_READ",
  "PERFMON",
  "BPF",
  "CHECKPOINT_RESTORE",
] as const;
const KNOWN = new Set<string>([...DEFAULT_CAPABILITIES, ...MORE_CAPABILITIES]);

/** What the pod's and the container's securityContext and the image say together. */
export function rightsOf(pod: Pod, container: Container, image: ImageUser | undefined): Rights {
  const own = container.securityContext ?? {};
  const shared = pod.spec.securityContext ?? {};
  const uid = own.runAsUser ?? shared.runAsUser;
  const { fsGroup, supplementalGroups = [] } = shared;
  return {
    uid: uid ?? image?.uid ?? 0,
    // A user by number alone has the group of nobody's choice: root's, as a container engine takes it.
    gid: own.runAsGroup ?? shared.runAsGroup ?? (uid === undefined ? image?.gid : undefined) ?? 0,
    groups: [...new Set([...(fsGroup === undefined ? [] : [fsGroup]), ...supplementalGroups])],
    capabilities: own.privileged === true ? "all" : capabilitiesOf(own.capabilities ?? {}),
    gainsNone: own.allowPrivilegeEscalation === false,
  };
}

/** In containerd's order: ALL is added or dropped first, then single ones are added, then dropped. */
function capabilitiesOf({ add = [], drop = [] }: { readonly add?: string[]; readonly drop?: string[] }): string[] {
  const [added, dropped] = [add, drop].map((names) => names.map((name) => name.toUpperCase())) as [string[], string[]];
  const from = dropped.includes("ALL") ? [] : added.includes("ALL") ? [...KNOWN] : DEFAULT_CAPABILITIES;
  const kept = new Set<string>([...from, ...added.filter((name) => KNOWN.has(name))]);
  for (const name of dropped) kept.delete(name);
  return [...kept];
}

/**
 * What kubelet asks of a container that is not to run as root.
 * @throws ContainerConfigError in kubelet's words (verifyRunAsNonRoot)
 */
export function requireNonRoot(pod: Pod, container: Container, image: ImageUser | undefined): void {
  const own = container.securityContext ?? {};
  const shared = pod.spec.securityContext ?? {};
  if ((own.runAsNonRoot ?? shared.runAsNonRoot) !== true) return;
  const { name, namespace, uid } = pod.metadata;
  const where = `(pod: "${name}_${namespace}(${uid})", container: ${container.name})`;
  const wanted = own.runAsUser ?? shared.runAsUser;
  if (wanted === 0) throw new ContainerConfigError(`container's runAsUser breaks non-root policy ${where}`);
  if (wanted === undefined && (image?.uid ?? 0) === 0)
    throw new ContainerConfigError(`container has runAsNonRoot and image will run as root ${where}`);
}

/** Which of a process's rights can be changed here. */
export type Changeable = {
  readonly groups: boolean;
  readonly capabilities: boolean;
  /** The machine's own setpriv(1): an image's shell may take the bare name for a builtin that can do less. */
  readonly setpriv: string;
};

/** The words of setpriv(1) before a program that is to have these rights. */
export function withRights(rights: Rights | undefined, can: Changeable): string[] {
  if (rights === undefined) return [];
  const { uid, gid, groups, capabilities, gainsNone } = rights;
  const isRoot = uid === 0 && gid === 0;
  const words = [
    ...(isRoot ? [] : ["--reuid", String(uid), "--regid", String(gid)]),
    ...(can.groups ? (groups.length > 0 ? ["--groups", groups.join(",")] : ["--clear-groups"]) : []),
    ...(isRoot || can.groups ? [] : ["--keep-groups"]),
    ...(capabilities === "all" || !can.capabilities
      ? []
      : [
          "--inh-caps=-all",
          `--bounding-set=${["-all", ...capabilities.map((name) => `+${name.toLowerCase()}`)].join(",")}`,
        ]),
    ...(gainsNone ? ["--no-new-privs"] : []),
  ];
  return words.length > 0 ? [can.setpriv, ...words] : [];
}
