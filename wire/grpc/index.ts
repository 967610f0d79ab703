export { type CallOptions, type GrpcClient, type GrpcClientOptions, grpcClient } from "./client.ts";
export { type GrpcAddress, type GrpcExchange, RawReply, rawReply } from "./method.ts";
export {
  type AnyHandler,
  type BoundService,
  type GrpcServerOptions,
  type Handler,
  type Handlers,
  type RunningGrpcServer,
  type ServerCall,
  service,
  startGrpcServer,
} from "./server.ts";
export { codeName, codeOfName, GrpcError, type GrpcErrorOptions, GrpcStatus, STATUS_DETAILS } from "./status.ts";
