// Baseline: a bare unary gRPC round trip over a Unix socket, grpc-js alone, nothing of this project in it.
import * as grpc from "@grpc/grpc-js";

const echo = (bytes: Buffer): Buffer => bytes;
const method = {
  path: "/b/Echo",
  requestStream: false,
  responseStream: false,
  requestSerialize: echo,
  requestDeserialize: echo,
  responseSerialize: echo,
  responseDeserialize: echo,
} as const;

export async function bareGrpc(socket: string, payload: Buffer): Promise<{ call(): Promise<unknown>; close(): void }> {
  const server = new grpc.Server();
  server.addService(
    { echo: method },
    { echo: (call: { request: Buffer }, done: (error: null, reply: Buffer) => void) => done(null, call.request) },
  );
  await new Promise((resolve, reject) =>
    server.bindAsync(`unix:${socket}`, grpc.ServerCredentials.createInsecure(), (error) =>
      error ? reject(error) : resolve(0),
    ),
  );
  const client = new grpc.Client(`unix:${socket}`, grpc.credentials.createInsecure());
  return {
    call: () =>
      new Promise((resolve, reject) =>
        client.makeUnaryRequest(method.path, echo, echo, payload, (error, reply) =>
          error ? reject(error) : resolve(reply),
        ),
      ),
    close: () => {
      client.close();
      server.forceShutdown();
    },
  };
}
