/** What lies at a target path. */
export type TargetState =
  | { readonly kind: "absent" }
  /** A directory, or something else, that is no mount. */
  | { readonly kind: "unmounted"; readonly mtimeMs: number }
  | { readonly kind: "mounted"; readonly mtimeMs: number; readonly names: readonly string[] }
  /** A mount that can be looked at but not listed; `error` says why, as Go does. */
  | { readonly kind: "unreadable"; readonly mtimeMs: number; readonly error: string }
  /** Something that cannot even be looked at, such as the mount of a server that has gone. */
  | { readonly kind: "dead"; readonly error: string };

/**
 * Puts memory where secrets go. Synchronous: each is a system call or two on this machine.
 * Failures are MountproofError `mount_failed` with the words of the tool that people know.
 */
export interface Mounter {
  /** `plain`: mount(2) is refused here, a marker beside the directory stands for the mount. */
  readonly kind: "tmpfs" | "plain";
  inspect(target: string): TargetState;
  /** The directory must exist. */
  mount(target: string): void;
  /** Takes one mount away; what is no mount is left alone. */
  unmount(target: string, options?: { readonly detach?: boolean }): void;
}
