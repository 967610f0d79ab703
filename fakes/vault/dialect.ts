/**
 * Which server is spoken: HashiCorp Vault, or OpenBao, its fork, which the recorded facts come from. The API
 * is one; some fields and texts are not, and all of them are listed here.
 */
export type Dialect = {
  readonly name: "vault" | "openbao";
  readonly version: string;
  readonly buildDate: string;
  /** `mount_type` in every envelope. */
  readonly hasMountType: boolean;
  /** `enterprise` and the measured times in `sys/health`. */
  readonly hasHealthExtras: boolean;
  /** `performance_standby` and its log in `sys/leader`. */
  readonly hasPerformanceStandbys: boolean;
  /** `cas_required`, `modified` and `version` on a policy; `metadata_cas_required` and its version on KV v2. */
  readonly hasCheckAndSetExtras: boolean;
  /** `locked`, `tainted` and `uuid` of a namespace. */
  readonly tellsOfNamespaces: boolean;
  /** The status of a namespace's deletion, and that there is none. */
  readonly isDeletionTold: boolean;
  /** `token_strictly_bind_ip` among a role's token parameters. */
  readonly hasStrictIpBinding: boolean;
  /** `running_plugin_version` of what is built in, and of what is a plugin. */
  readonly builtinVersion: string;
  readonly pluginVersion: string;
  /** Named in the advice of KV v2 on a wrong path. */
  readonly cli: string;
  readonly cliName: string;
};

export const VAULT: Dialect = {
  name: "vault",
  version: "1.20.4",
  buildDate: "2025-09-23T13:22:38Z",
  hasMountType: true,
  hasHealthExtras: true,
  hasPerformanceStandbys: true,
  tellsOfNamespaces: false,
  isDeletionTold: false,
  hasCheckAndSetExtras: false,
  hasStrictIpBinding: false,
  builtinVersion: "v1.20.4+builtin.vault",
  pluginVersion: "v0.24.0+builtin",
  cli: "vault",
  cliName: "Vault",
};

export const OPENBAO: Dialect = {
  name: "openbao",
  version: "2.0.0-HEAD",
  buildDate: "",
  hasMountType: false,
  hasHealthExtras: false,
  hasPerformanceStandbys: false,
  tellsOfNamespaces: true,
  isDeletionTold: true,
  hasCheckAndSetExtras: true,
  hasStrictIpBinding: true,
  builtinVersion: "v2.0.0+builtin.bao",
  pluginVersion: "v2.0.0+builtin.bao",
  cli: "bao",
  cliName: "OpenBao",
};
