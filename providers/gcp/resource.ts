import { GrpcError, GrpcStatus } from "../kit/index.ts";

/** Where an object lives at Google. */
export type GcpResource = {
  readonly service: "secretmanager" | "parametermanager";
  /** The host that answers for it. */
  readonly host: string;
};

const SECRET = /projects\/[^/]+\/secrets\/[^/]+\/versions\/[^/]+$/;
const REGIONAL_SECRET = /projects\/[^/]+\/locations\/([^/]+)\/secrets\/[^/]+\/versions\/[^/]+$/;
const PARAMETER = /projects\/[^/]+\/locations\/([^/]+)\/parameters\/[^/]+\/versions\/[^/]+$/;
const MAX_LOCATION = 30;

/**
 * Reads a resource name. The patterns end where the name ends and begin anywhere in it, as the real provider's do.
 * @throws Error `unknown resource type`; GrpcError INVALID_ARGUMENT for a location that is too long
 */
export function resourceOf(name: string): GcpResource {
  if (SECRET.test(name)) return { service: "secretmanager", host: "secretmanager.googleapis.com" };
  const region = REGIONAL_SECRET.exec(name)?.[1];
  if (region !== undefined) {
    if (isTooLong(region)) throw invalid(`Invalid location: ${region}, location length exceeds limit`);
    return { service: "secretmanager", host: `secretmanager.${region}.rep.googleapis.com` };
  }
  const location = PARAMETER.exec(name)?.[1];
  if (location === undefined) throw new Error("unknown resource type");
  if (isTooLong(location)) throw invalid(`Invalid location: ${location}`);
  return {
    service: "parametermanager",
    host: location === "global" ? "parametermanager.googleapis.com" : `parametermanager.${location}.rep.googleapis.com`,
  };
}

function isTooLong(location: string): boolean {
  return Buffer.byteLength(location) > MAX_LOCATION;
}

function invalid(message: string): GrpcError {
  return new GrpcError(GrpcStatus.INVALID_ARGUMENT, message);
}
