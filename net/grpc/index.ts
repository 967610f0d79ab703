export { type GrpcHttpClientOptions, grpcOverHttp2 } from "./client.ts";
export { type GrpcHandlerOptions, grpcHandler, isGrpc, refuse as refuseGrpc } from "./handler.ts";
