import { join } from "node:path";
import type { PartContext, PartLauncher } from "../../../clusters/cluster.ts";
import { parseFlags } from "../../../core/go/flags.ts";
import { messageOf, seconds } from "../../../core/index.ts";
import { startRegistration } from "../../../driver/index.ts";
import { startHttpServer } from "../../../net/index.ts";
import { Identity } from "../../../wire/gen/csi_pb.ts";
import { type GrpcClient, grpcClient } from "../../../wire/grpc/index.ts";

const text = (initial: string) => ({ kind: "string", initial, usage: "" }) as const;
const REGISTRAR_FLAGS = {
  v: text("0"),
  "csi-address": text("/run/csi/socket"),
  "kubelet-registration-path": text(""),
  "plugin-registration-path": text("/registration"),
  timeout: { kind: "duration", initial: "1s", usage: "" },
} as const;
const PROBE_FLAGS = {
  v: text("0"),
  "csi-address": text("/run/csi/socket"),
  "probe-timeout": { kind: "duration", initial: "1s", usage: "" },
  "http-endpoint": text(""),
  "health-port": text("9808"),
} as const;

const RETRY_MS = 50;
const PATIENCE_MS = seconds(30);

/** node-driver-registrar: waits for the driver beside it, asks its name, and registers it with the node's kubelet. */
export const registrar: PartLauncher = async (context) => {
  const { clock, log, args, path, nodePath } = context;
  const flags = parseFlags(args, REGISTRAR_FLAGS);
  using client = identityClient(context, flags["csi-address"]);
  const { name } = await whenServed(context, () => client.getPluginInfo({}, { deadlineMs: flags.timeout }));
  return await startRegistration({
    clock,
    log,
    path: join(path(flags["plugin-registration-path"]), `${name}-reg.sock`),
    driverName: name,
    endpoint: nodePath(flags["kubelet-registration-path"]),
  });
};

/** livenessprobe: answers `/healthz` by what the driver beside it says to Probe. */
export const livenessProbe: PartLauncher = async (context) => {
  const { clock, args, address, place } = context;
  const flags = parseFlags(args, PROBE_FLAGS);
  const listen = flags["http-endpoint"] || `:${flags["health-port"]}`;
  const client = identityClient(context, flags["csi-address"]);
  const server = await startHttpServer({
    clock,
    name: "livenessprobe",
    listen: {
      host: address,
      port: Number(listen.slice(listen.lastIndexOf(":") + 1)),
      ...(place !== undefined && { place }),
    },
    handler: async (exchange) => {
      if (exchange.path !== "/healthz") return exchange.respond(404);
      try {
        await client.probe({}, { deadlineMs: flags["probe-timeout"] });
        return exchange.respond(200, {}, "ok");
      } catch (error) {
        return exchange.respond(500, {}, messageOf(error));
      }
    },
  });
  return {
    [Symbol.asyncDispose]: async () => {
      client.close();
      await server[Symbol.asyncDispose]();
    },
  };
};

function identityClient({ clock, path }: PartContext, address: string): GrpcClient<typeof Identity> {
  return grpcClient(Identity, { clock, target: { path: path(address.replace(/^unix:\/\//, "")) } });
}

/** The containers of a pod start one after the other: the driver's socket is not there at first. */
async function whenServed<T>({ clock, log }: PartContext, call: () => Promise<T>): Promise<T> {
  const end = clock.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (clock.now() > end) throw error;
      log.debug("the driver does not answer yet", { error: messageOf(error) });
      await clock.sleep(RETRY_MS);
    }
  }
}
