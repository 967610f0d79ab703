import { type Clock, type Log, Scope, seconds } from "../core/index.ts";
import { Registration } from "../wire/gen/registration_pb.ts";
import { type RunningGrpcServer, service, startGrpcServer } from "../wire/grpc/index.ts";

export type RegistrationSpec = {
  readonly clock: Clock;
  readonly log: Log;
  /** `<kubelet root>/plugins_registry/<driver>-reg.sock` */
  readonly path: string;
  readonly driverName: string;
  /** Where kubelet finds the driver: the path of its socket as kubelet sees it. */
  readonly endpoint: string;
};

/** The CSI versions that node-driver-registrar claims. */
const SUPPORTED_VERSIONS = ["1.0.0"];
/** A registrar that was refused exits, and is started again after the container back-off's first step. */
const RESTART_AFTER_MS = seconds(10);

/**
 * Makes the driver known to a kubelet, as node-driver-registrar does beside the real driver: kubelet finds the
 * socket by its folder, asks who is there and says how it went.
 */
export async function startRegistration(spec: RegistrationSpec): Promise<AsyncDisposable> {
  const { clock, log, path, driverName, endpoint } = spec;
  return await Scope.run("registration", async (scope) => {
    let server: RunningGrpcServer | undefined;
    const restart = async (): Promise<void> => {
      await server?.[Symbol.asyncDispose]();
      await clock.sleep(RESTART_AFTER_MS, { signal: scope.signal });
      await serve();
    };
    const serve = async (): Promise<void> => {
      server = await startGrpcServer({
        clock,
        name: "registration",
        listen: { path },
        services: [
          service(Registration, {
            getInfo: () => ({ type: "CSIPlugin", name: driverName, endpoint, supportedVersions: SUPPORTED_VERSIONS }),
            notifyRegistrationStatus: ({ pluginRegistered, error }) => {
              if (pluginRegistered) log.info("registered with kubelet", { driverName });
              else {
                log.error("kubelet refused the registration", { driverName, error });
                restart().catch((cause: unknown) => {
                  if (!scope.signal.aborted) log.error("registration could not be served again", {}, cause);
                });
              }
              return {};
            },
          }),
        ],
      });
    };
    scope.defer("socket", () => server?.[Symbol.asyncDispose]());
    await serve();
    return scope;
  });
}
