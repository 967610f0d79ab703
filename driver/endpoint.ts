import { MountproofError } from "../core/index.ts";
import type { GrpcAddress } from "../wire/grpc/index.ts";

const UNIX = /^unix:\/\//i;
const TCP = /^tcp:\/\//i;

/**
 * Where the driver listens: `unix://` and a path, or `tcp://` and host and port. A slash is put before the path, so
 * `unix://tmp/csi.sock` is `/tmp/csi.sock`.
 * @throws MountproofError `invalid_config`; the text is upstream's
 */
export function parseEndpoint(endpoint: string): GrpcAddress {
  const refused = new MountproofError("invalid_config", {
    message: `invalid endpoint: ${endpoint}`,
    hint: "give unix:///folder/csi.sock or tcp://127.0.0.1:10000",
    culprit: { endpoint },
  });
  if (UNIX.test(endpoint)) {
    const path = endpoint.replace(UNIX, "");
    if (path === "") throw refused;
    return { path: path.startsWith("/") ? path : `/${path}` };
  }
  if (!TCP.test(endpoint)) throw refused;
  const { host = "127.0.0.1", port } = parseHostPort(endpoint.replace(TCP, ""), refused);
  return { host, port };
}

/** `:8095`, `127.0.0.1:0`, `[::1]:8095`. @throws `refused` */
export function parseHostPort(
  address: string,
  refused: MountproofError,
): { readonly host?: string; readonly port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(address);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) throw refused;
  const host = match[1] ?? match[2] ?? "";
  return { port, ...(host !== "" && { host }) };
}

/** The way back: as {@link parseEndpoint} reads it. */
export function showAddress(address: GrpcAddress): string {
  return "path" in address ? `unix://${address.path}` : `tcp://${address.host}:${address.port}`;
}
