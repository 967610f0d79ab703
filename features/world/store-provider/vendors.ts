import { dirname } from "node:path";
import type { Store } from "../../../suite/index.ts";

/** What a case tells a vendor's program, in words that are no vendor's. */
export type VendorSettings = {
  readonly socket: string;
  /** A folder of the program's own. */
  readonly folder: string;
  /** Where its own API client finds the API server; the others take the account's files. */
  readonly kubeconfig: string;
};

export type VendorCommand = {
  readonly flags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Names that it looks up itself before it asks the proxy for them; it asks for the address instead. */
  readonly hosts?: readonly string[];
  /** The socket's name it insists on. */
  readonly socketName: string;
};

/**
 * The flags and variables that each vendor's program needs before a fake (the providers' specifications, "pointing the
 * unmodified binary" and "as an external subject").
 */
export const VENDORS: Readonly<Record<Store, (settings: VendorSettings) => VendorCommand>> = {
  vault: ({ socket }) => ({
    socketName: "vault.sock",
    flags: [`-endpoint=${socket}`, "-health-addr=127.0.0.1:0", "-log-level=debug"],
    env: {},
  }),
  aws: ({ socket, folder }) => ({
    socketName: "aws.sock",
    flags: [`--provider-volume=${dirname(socket)}`],
    env: { AWS_CONFIG_FILE: `${folder}/none`, AWS_SHARED_CREDENTIALS_FILE: `${folder}/none` },
  }),
  azure: ({ socket }) => ({
    socketName: "azure.sock",
    // The name of a token proxy skips the dial at the start.
    flags: [`-endpoint=unix://${socket}`, "-healthz-port=0", "-prometheus-port=0", "-sni-name=unused.invalid", "-v=5"],
    env: {},
  }),
  gcp: ({ socket, kubeconfig, folder }) => ({
    socketName: "gcp.sock",
    flags: [`--kubeconfig=${kubeconfig}`, "--metrics_addr=127.0.0.1:0", "-v=5"],
    // Its client of the global Parameter Manager resolves the name, proxy or not.
    hosts: ["parametermanager.googleapis.com"],
    env: { TARGET_DIR: dirname(socket), HOME: folder },
  }),
};
